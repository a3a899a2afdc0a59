import { commandPolicy, parseCommandLine, type CommandDecision } from '../../src/command.ts';

const POLICIES = {
  readonly: commandPolicy({ profile: 'readonly' }),
  dev: commandPolicy({ profile: 'dev' }),
};

/** What a profile says about a command, written as a line or as its arguments. */
export function decide(profile: 'readonly' | 'dev', command: string | readonly string[]): CommandDecision {
  const [program = '', ...args] = typeof command === 'string' ? argumentsOf(command) : command;
  return POLICIES[profile].decide({ program, args });
}

/** The words of a line with one command. */
export function argumentsOf(line: string): readonly string[] {
  const { steps } = parseCommandLine(line);
  const [command] = steps[0]?.commands ?? [];
  if (!command || steps.length > 1) throw new Error(`not one command: ${line}`);
  return [command.program, ...command.args];
}
