// Runs in a worker thread: whatever an expression does, it does not stop the server, and can be ended.
import { parentPort } from 'node:worker_threads';
import { all, create } from 'mathjs';
import type { Calculation, CalculationReply, CalculationRequest } from './protocol.ts';

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

parentPort?.on('message', ({ id, expression }: CalculationRequest) => {
  reply(answer(id, expression));
});
// The first evaluation is slow. It is not to count against the time of whoever comes first.
calculate('1 + 1');
reply({ type: 'ready' });

function reply(message: CalculationReply): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
  parentPort?.postMessage(message);
}

function answer(id: number, expression: string): CalculationReply {
  try {
    return { type: 'result', id, result: calculate(expression) };
  } catch (error) {
    return { type: 'failure', id, message: error instanceof Error ? error.message : String(error) };
  }
}

function calculate(expression: string): Calculation {
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
