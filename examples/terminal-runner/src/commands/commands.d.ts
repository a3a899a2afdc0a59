import type { Logger } from '@toolyard/core';
import {
  type ArtifactStore,
  type CommandRunner,
  type DecidedCommand,
  type ProcessSandbox,
  type ProcessSupervisor,
  type SafeRoots,
} from '@toolyard/core/process';
import { type CommandPolicy } from '@toolyard/validation/command';
/** What `createCommands` needs. */
export interface CommandsOptions {
  readonly roots: SafeRoots;
  readonly policy: CommandPolicy;
  /** What callers may set besides what is harmless: those that the policy names. */
  readonly variables?: readonly string[] | undefined;
  readonly sandbox: 'auto' | 'none' | 'bwrap';
  /** The server's own directory: home of programs, kept output. */
  readonly data: string;
  readonly logger: Logger;
  /** Hears of every decision. */
  readonly onDecision?: (decided: DecidedCommand) => void;
}
/** All that runs commands, and what comes of them. */
export interface Commands extends AsyncDisposable {
  readonly policy: CommandPolicy;
  readonly roots: SafeRoots;
  readonly runner: CommandRunner;
  /** The same runner under another policy. */
  runnerUnder(this: void, policy: CommandPolicy): CommandRunner;
  readonly supervisor: ProcessSupervisor;
  /** What programs wrote, and results that were too long to be shown. */
  readonly artifacts: ArtifactStore;
  readonly sandbox: ProcessSandbox;
  /** Ends what runs, and gives up what was kept. */
  close(): Promise<void>;
}
/** What one caller may have at the same time. */
export declare const PER_OWNER: {
  processes: number;
  artifacts: number;
  artifactBytes: number;
};
/** Opens the sandbox and all that runs in it. */
export declare function createCommands(options: CommandsOptions): Promise<Commands>;
//# sourceMappingURL=commands.d.ts.map
