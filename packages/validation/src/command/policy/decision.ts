import type { Effect } from './schema.ts';

/** One command that someone wants to run. Plain arguments, no shell. */
export interface CommandRequest {
  /** The bare name of a program. */
  readonly program: string;
  readonly args?: readonly string[] | undefined;
  /** Absolute; lets the policy see that an operand is the working directory or above it. */
  readonly cwd?: string | undefined;
  /** Variables the caller wants to add. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly stdin?: string | undefined;
}

/** A path that a command will use. Whoever runs the command checks that it lies inside the roots. */
export interface PathOperand {
  /** Relative to the working directory of the request, or absolute. Never read as `root:path`. */
  readonly value: string;
  /** `remove` takes away the name itself: as `write`, and the path neither is nor holds a root. */
  readonly access: 'read' | 'write' | 'remove';
}

/** What a policy says about one command. */
export interface CommandDecision {
  readonly effect: Effect;
  /** `git.log`, `git.log.--output`, the id of a rule of the document, … */
  readonly ruleId: string;
  /** A sentence for the caller: what is not allowed and what would be, or why someone is asked. */
  readonly reason: string;
  /** What to start the program with, instead of the arguments of the request. */
  readonly args: readonly string[];
  readonly operands: readonly PathOperand[];
  /** What to add to the environment; wins over what the caller asked for. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the program will work when that is not the working directory (`git -C`): run the checks there. */
  readonly directory: string | undefined;
  /** Same arguments, same files: same output. */
  readonly pure: boolean;
  /** Checks to make before the start, by name: `git-config`. An executor that does not know one must not start. */
  readonly checks: readonly string[];
}

/** A decision that starts nothing. */
export function denied(ruleId: string, reason: string): CommandDecision {
  return {
    effect: 'deny',
    ruleId,
    reason,
    args: [],
    operands: [],
    env: {},
    directory: undefined,
    pure: false,
    checks: [],
  };
}
