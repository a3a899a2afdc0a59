import { type Call } from '@toolyard/core';
import type { CommandRunner, PreparedCommand } from '@toolyard/core/process';
import type { Commands } from '../../commands/commands.ts';
import type { ResultCache } from '../../output/result-cache.ts';
/** How a prepared command is run. */
export interface RunCommandOptions {
  /** Of its output, where that is kept, and in lists. */
  readonly name: string;
  readonly timeoutMs: number;
  /** Gives what the same command gave before. Default: it is run. */
  readonly cache?: ResultCache | undefined;
}
/** Runs a prepared command to its end, or to that of the call, and shows how it went. */
export declare function runCommand(
  {
    runner,
    artifacts,
  }: Pick<Commands, 'artifacts'> & {
    readonly runner: CommandRunner;
  },
  command: PreparedCommand,
  call: Call,
  { name, timeoutMs, cache }: RunCommandOptions,
): Promise<
  import('@toolyard/core').FullResult<
    {
      exitCode: number | null;
      signal: string | null;
      reason: import('@toolyard/core/process').ExitReason;
      durationMs: number;
      stdout: import('../../output/show-output.ts').ShownStream;
      stderr: import('../../output/show-output.ts').ShownStream;
      outputId?: string;
    } & (
      | {
          cached: true;
        }
      | {
          cached?: never;
        }
    )
  >
>;
//# sourceMappingURL=run-command.d.ts.map
