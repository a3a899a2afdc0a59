/**
 * What decides about commands. `commandPolicy` of `@toolyard/validation/command` makes one from a document; your own
 * will do.
 */
export interface CommandPolicy {
  /** Decides about one command, without starting or opening anything. */
  decide(request: CommandRequest): CommandDecision;
}

/** One command that someone wants to run. Plain arguments, no shell. */
export interface CommandRequest {
  /** The bare name of a program. */
  readonly program: string;
  readonly args?: readonly string[] | undefined;
  /** Absolute. */
  readonly cwd?: string | undefined;
  /** Variables the caller wants to add. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly stdin?: string | undefined;
}

/** What a policy says about one command. */
export interface CommandDecision {
  readonly effect: 'allow' | 'ask' | 'deny';
  /** Which rule decided: `git.log`. */
  readonly ruleId: string;
  /** A sentence for the caller: what is not allowed and what would be, or why someone is asked. */
  readonly reason: string;
  /** What to start the program with, instead of the arguments of the request. */
  readonly args: readonly string[];
  /** Paths that the program will use. */
  readonly operands: readonly PathOperand[];
  /** Wins over what the caller asked for. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the program will work when that is not the working directory (`git -C`). */
  readonly directory: string | undefined;
  /** Same arguments, same files: same output. */
  readonly pure: boolean;
  /** Checks to make before the start, by name. */
  readonly checks: readonly string[];
}

/** A path that a command will use. */
export interface PathOperand {
  /** Relative to the working directory, or absolute. Never read as `root:path`. */
  readonly value: string;
  /** `remove` takes away the name itself, which a root is spared. */
  readonly access: 'read' | 'write' | 'remove';
}

/**
 * Looks at what is there before a program starts, by asking the program itself.
 *
 * @param query - starts the program in the directory it will work in and resolves to its output; to an empty text when
 * it fails.
 */
export type CommandCheck = (query: (args: readonly string[]) => Promise<string>) => Promise<CheckVerdict>;

/** Whether a program may start. `directories` are checked like operands that are read. */
export type CheckVerdict =
  | { readonly isSafe: true; readonly directories: readonly string[] }
  | { readonly isSafe: false; readonly reason: string };
