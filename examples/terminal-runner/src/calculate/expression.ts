// Runs in a worker thread: whatever an expression does, it does not stop the server, and can be ended.
import { all, create } from 'mathjs';

/** The value of an expression. */
export interface Calculation {
  /** As a person writes it, with up to 14 significant digits. */
  readonly text: string;
  /** The kind of value: `number`, `Matrix`, `Unit`, … */
  readonly type: string;
  /** The value itself where it is a finite number. */
  readonly number?: number;
}

const MAX_TEXT = 16_000;

// What turns text into code or changes the library for the expressions that follow.
const FORBIDDEN = [
  'chain',
  'compile',
  'config',
  'create',
  'createUnit',
  'derivative',
  'evaluate',
  'help',
  'import',
  'leafCount',
  'parse',
  'parser',
  'rationalize',
  'replacer',
  'resolve',
  'reviver',
  'simplify',
  'simplifyConstant',
  'simplifyCore',
  'symbolicEqual',
  'typed',
];

if (!all) throw new Error('mathjs came without its functions.');
const math = create(all);
// Shadowed in the scope of every expression and not replaced in mathjs, whose other functions need them.
const forbidden = FORBIDDEN.map((name) => [name, () => forbid(name)] as const);

// The first evaluation is slow. It is not to count against the time of whoever comes first.
calculate({ expression: '1 + 1' });

/** The value, or what is wrong with the expression. */
export default function calculate({
  expression,
}: {
  readonly expression: string;
}): Calculation | { readonly problem: string } {
  try {
    return evaluate(expression);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function evaluate(expression: string): Calculation {
  // A scope of its own: what one caller defines, the next does not see.
  const value: unknown = math.evaluate(expression, new Map(forbidden));
  if (value === undefined) throw new Error('The expression has no value.');
  const text = math.format(value, { precision: 14 });
  if (text.length > MAX_TEXT) throw new Error(`The result has more than ${MAX_TEXT} characters.`);
  const result = { text, type: math.typeOf(value) };
  return typeof value === 'number' && Number.isFinite(value) ? { ...result, number: value } : result;
}

function forbid(name: string): never {
  throw new Error(`The function ${name} is not available.`);
}
