import { posix } from 'node:path';
import type { CompiledRules, HidingArguments } from './compile.ts';
import { objectPath } from './object-path.ts';
import { holdsOneOf, type ReadArgument } from './read-arguments.ts';

/** The arguments as the program gets them; `spelling` is what some operands become, `hides` what is added. */
export function arranged(
  rules: CompiledRules,
  read: readonly ReadArgument[],
  spelling: ReadonlyMap<ReadArgument, string>,
  hides?: HidingArguments,
): string[] {
  const { style = 'gnu', dashes = 'insert' } = rules.rules;
  const hiding = (at: HidingArguments['at']): readonly string[] => (hides?.at === at ? hides.args : []);
  const render = (argument: ReadArgument): readonly string[] => {
    if (argument.type === 'operand') return [spelling.get(argument) ?? argument.value];
    return argument.type === 'dashes' ? ['--'] : argument.args;
  };
  if (style === 'raw' || style === 'expression' || dashes !== 'insert' || rules.rules.optionsEndAtOperand) {
    const behind = hiding('afterDashes');
    const hasDashes = behind.length === 0 || read.some(({ type }) => type === 'dashes');
    return [...read.flatMap(render), ...hiding('end'), ...(hasDashes ? behind : ['--', ...behind])];
  }
  const options = read.filter(({ type }) => type === 'option' || type === 'count').flatMap(render);
  const operands = [...read.filter(({ type }) => type === 'operand').flatMap(render), ...hiding('end')];
  const all = [...options, ...hiding('options')];
  return operands.length > 0 ? [...all, '--', ...operands] : all;
}

/** Whether the arguments that hide names are added. `paths` are the operands that are read. */
export function isHiding(
  hides: HidingArguments,
  read: readonly ReadArgument[],
  paths: readonly string[],
): boolean {
  if (hides.with.size > 0 && !holdsOneOf(hides.with, read)) return false;
  const operands = read.filter((argument) => argument.type === 'operand');
  if (hides.unlessObjects && operands.length > 1 && operands.every(namesObject)) return false;
  // "grep -r x .env.example" is meant. A pattern of git with a colon could stand for all others.
  const isMeant = (path: string) => !path.includes(':') && hides.isReadable(posix.basename(path));
  return paths.length === 0 || !paths.every(isMeant);
}

// `HEAD:file` and `:0:file` before the dashes. `:file` is no such name here: it may also be a path.
function namesObject({ value, isAfterDashes }: { value: string; isAfterDashes: boolean }): boolean {
  return (
    !isAfterDashes && objectPath(value) !== undefined && (!value.startsWith(':') || /^:[0-3]:/.test(value))
  );
}
