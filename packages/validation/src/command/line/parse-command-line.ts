import { parse, type CommandNode, type PipelineNode, type Statement } from 'unbash';
import { CommandLineError } from '../errors.ts';
import { assertNothingSkipped } from './nothing-skipped.ts';
import { planRedirect } from './plan-redirect.ts';
import type { CommandPlan, PlannedCommand, PlannedStep } from './plan.ts';
import { assertVisible } from './visible.ts';
import { staticWord } from './word.ts';

const MAX_COMMANDS = 32;
const MAX_BYTES = 64 * 1024;
const SIMPLE = 'Allowed: programs with plain or quoted arguments, |, &&, ||, ;, <, >, >> and 2>&1.';

/**
 * Reads a command line into a plan of programs and arguments. The plan is what should be run, never the line.
 *
 * Allowed are programs with plain or quoted arguments, joined by `|`, `&&`, `||`, `;` and line ends, with `<`, `>`,
 * `>>`, `2>`, `2>&1` and `>&2`. Everything a shell would compute is refused: variables, `$(…)`, patterns, braces,
 * `~`, assignments, functions, loops, groups, `&`, here documents. So are invisible characters, more than 32 commands
 * and more than 64 KiB.
 *
 * @throws {CommandLineError} `COMMAND_LINE_NOT_ALLOWED`, naming the part and its place.
 *
 * @example
 * ```ts
 * import { parseCommandLine } from '@toolyard/validation/command';
 *
 * parseCommandLine(`git log --oneline | grep "fix"`).steps[0]?.commands.map(({ program }) => program); // ['git', 'grep']
 * ```
 */
export function parseCommandLine(line: string): CommandPlan {
  if (line.length > MAX_BYTES || Buffer.byteLength(line) > MAX_BYTES)
    throw new CommandLineError(
      0,
      line,
      `the line is longer than ${MAX_BYTES / 1024} KiB`,
      'Pass long text as stdin.',
    );
  assertVisible(line);
  const script = parse(line);
  const [error] = script.errors ?? [];
  if (error) throw new CommandLineError(error.pos, line.slice(error.pos) || line, error.message, SIMPLE);
  const steps = script.commands.flatMap((statement) => planStatement(line, statement));
  assertNothingSkipped(line, script);
  const commands = steps.reduce((sum, step) => sum + step.commands.length, 0);
  if (commands === 0) throw new CommandLineError(0, line, 'there is no command', SIMPLE);
  if (commands > MAX_COMMANDS)
    throw new CommandLineError(
      0,
      line,
      `there are more than ${MAX_COMMANDS} commands`,
      'Run them in several calls.',
    );
  return { steps };
}

function planStatement(line: string, { command, background, pos, end }: Statement): PlannedStep[] {
  if (background === true)
    throw new CommandLineError(
      end - 1,
      line.slice(pos, end),
      '& would leave it running in the background',
      'Start background processes with a call of their own.',
    );
  if (command.type !== 'AndOr') return [{ when: 'always', commands: planPipeline(line, command) }];
  return command.commands.map((pipeline, index) => ({
    when: index === 0 ? 'always' : command.operators[index - 1] === '&&' ? 'onSuccess' : 'onFailure',
    commands: planPipeline(line, pipeline),
  }));
}

function planPipeline(line: string, pipeline: PipelineNode): PlannedCommand[] {
  if (pipeline.type !== 'Pipeline') return [planCommand(line, pipeline)];
  const [prefix] = pipeline.prefixes;
  if (prefix)
    throw new CommandLineError(
      prefix.pos,
      line.slice(prefix.pos, prefix.end),
      'only a shell knows this word',
      SIMPLE,
    );
  if (pipeline.operators.includes('|&'))
    throw new CommandLineError(
      pipeline.pos,
      line.slice(pipeline.pos, pipeline.end),
      '|& is not allowed',
      'Write 2>&1 |.',
    );
  return pipeline.commands.map((command) => planCommand(line, command));
}

function planCommand(line: string, command: CommandNode): PlannedCommand {
  const part = line.slice(command.pos, command.end);
  if (command.type !== 'Command')
    throw new CommandLineError(command.pos, part, `this is ${NAMES[command.type]}, not a program`, SIMPLE);
  for (const node of [...command.prefix, ...command.suffix])
    if (node.type === 'Assignment')
      throw new CommandLineError(
        node.pos,
        node.text,
        'variables are not set in a line',
        'Pass env with the command.',
      );
  if (!command.name) throw new CommandLineError(command.pos, part, 'there is no program', SIMPLE);
  const program = staticWord(line, command.name);
  if (program === '')
    throw new CommandLineError(command.pos, part, 'the name of the program is empty', SIMPLE);
  const args = command.args.flatMap((argument) =>
    argument.type === 'Word' ? [staticWord(line, argument)] : [],
  );
  return { program, args, redirects: command.redirects.map((redirect) => planRedirect(line, redirect)) };
}

const NAMES: Readonly<Record<Exclude<CommandNode['type'], 'Command'>, string>> = {
  ArithmeticCommand: 'arithmetic',
  ArithmeticFor: 'a loop',
  BraceGroup: 'a group',
  Case: 'a condition',
  Coproc: 'a background process',
  For: 'a loop',
  Function: 'a function',
  If: 'a condition',
  Redirected: 'a group with a redirect',
  Select: 'a loop',
  Subshell: 'a group',
  TestCommand: 'a condition',
  While: 'a loop',
};
