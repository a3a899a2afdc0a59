/** What is to be started, after policy and sandbox: nothing in it is looked up, expanded or inherited any more. */
export interface Command {
  /** Absolute real path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  /** What the program is told it is called: one file can be many programs (BusyBox). Default: `file`. */
  readonly name?: string | undefined;
  /** Absolute. */
  readonly cwd: string;
  /** The whole environment; nothing is inherited from the server. */
  readonly env: Readonly<Record<string, string>>;
}
