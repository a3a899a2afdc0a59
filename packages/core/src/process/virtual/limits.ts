import { positiveInteger, positiveMs } from '../../options.ts';

/** What virtual runs may take. */
export interface VirtualLimits {
  /** Of one run, and the default of it. Default: 30,000 ms. */
  readonly timeoutMs?: number | undefined;
  /** Runs at the same time; more are refused. Each has a thread. Default: 4. */
  readonly maxRuns?: number | undefined;
  /** Runs of one owner at the same time. Default: 2. */
  readonly maxRunsPerOwner?: number | undefined;
  /**
   * Heap and buffers of one run, in MiB, files included. Twice as much, or so much for a quarter of a second, ends the
   * run. Default: 256.
   */
  readonly maxMemoryMb?: number | undefined;
  /** Largest file that is read or written. Default: 8 MiB. */
  readonly maxFileBytes?: number | undefined;
  /** All files that one run has written, together. Default: 64 MiB. */
  readonly maxWrittenBytes?: number | undefined;
  /** Names of files and directories that one run looks at or makes. Default: 50,000. */
  readonly maxEntries?: number | undefined;
  /** Commands that one run executes, and rounds of its loops. Default: 100,000. */
  readonly maxCommands?: number | undefined;
  /** Stdout and stderr of one run, together. More ends the run. Default: 16 MiB. */
  readonly maxOutputBytes?: number | undefined;
  /** Largest line, stdin, and set of arguments, each. Default: 1 MiB. */
  readonly maxInputBytes?: number | undefined;
}

/** The part of the limits that the thread keeps. */
export type InterpreterLimits = Pick<
  Required<{ [Name in keyof VirtualLimits]: number }>,
  'maxFileBytes' | 'maxWrittenBytes' | 'maxEntries' | 'maxCommands' | 'maxOutputBytes' | 'maxInputBytes'
>;

const MIB = 1024 ** 2;

/** @throws {InvalidOptionError} */
export function checkVirtualLimits(limits: VirtualLimits) {
  const whole = (name: keyof VirtualLimits, fallback: number): number =>
    positiveInteger(`limits.${name}`, limits[name] ?? fallback);
  return {
    timeoutMs: positiveMs('limits.timeoutMs', limits.timeoutMs ?? 30_000),
    maxRuns: whole('maxRuns', 4),
    maxRunsPerOwner: whole('maxRunsPerOwner', 2),
    maxMemoryMb: whole('maxMemoryMb', 256),
    maxFileBytes: whole('maxFileBytes', 8 * MIB),
    maxWrittenBytes: whole('maxWrittenBytes', 64 * MIB),
    maxEntries: whole('maxEntries', 50_000),
    maxCommands: whole('maxCommands', 100_000),
    maxOutputBytes: whole('maxOutputBytes', 16 * MIB),
    maxInputBytes: whole('maxInputBytes', MIB),
  };
}
