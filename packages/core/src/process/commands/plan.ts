/**
 * Pipelines to run one after the other, without a shell. `parseCommandLine` of `@toolyard/validation/command` reads one
 * from a line.
 */
export interface CommandPlan {
  readonly steps: readonly PlannedStep[];
}

/** A pipeline and when it runs: always, or by the outcome of the last pipeline that ran. */
export interface PlannedStep {
  readonly when: 'always' | 'onSuccess' | 'onFailure';
  /** The output of each is the input of the next. */
  readonly commands: readonly PlannedCommand[];
}

/** One program with its arguments. */
export interface PlannedCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** In order: `>a 2>&1` and `2>&1 >a` differ. */
  readonly redirects: readonly PlannedRedirect[];
}

/** Where a stream comes from or goes to. */
export interface PlannedRedirect {
  readonly fd: 0 | 1 | 2;
  readonly mode: 'read' | 'write' | 'append' | 'duplicate';
  /** A path; with `duplicate` the stream that is copied. */
  readonly target: string | 1 | 2;
}
