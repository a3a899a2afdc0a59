import type { ManagedProcess, PreparedCommand, StartCommandOptions } from '@toolyard/core/process';
import type { Commands } from '../../commands/commands.ts';
import { type ShownStream } from '../../output/show-output.ts';
/** Programs that go on after their call. */
export interface Background {
  /**
   * Starts one; its id is that of the artifact its output goes to.
   *
   * @throws {ToolError} as `CommandRunner.start`, or `ARTIFACT_QUOTA`.
   */
  start(command: PreparedCommand, options: BackgroundOptions): Promise<ManagedProcess>;
  /** @throws {ToolError} `PROCESS_NOT_FOUND`, the same for an id of somebody else. */
  get(id: string, owner: string): ManagedProcess;
  /** What it wrote from a position on, once it can be read from the artifact too. */
  outputOf(process: ManagedProcess): ProcessOutput;
}
/** How a background program is started. */
export type BackgroundOptions = Pick<
  StartCommandOptions,
  'owner' | 'openInput' | 'timeoutMs' | 'idleTimeoutMs'
> & {
  /** Of its artifact, and in lists. */
  readonly name: string;
};
/** The output of a process. Positions are bytes of it, as `read_output` counts. */
export interface ProcessOutput {
  readonly end: number;
  /** What lies between two positions, shortened. */
  show(from: number, to: number): ShownStream;
  /** A position as `ManagedProcess.wait` counts: in characters. */
  charactersAt(byte: number): number;
  bytesAt(character: number): number;
  /** Resolves when all of it can be read from the artifact, which is complete once the process has ended. */
  flush(): Promise<void>;
}
export declare function createBackground({ runner, supervisor, artifacts }: Commands): Background;
//# sourceMappingURL=background.d.ts.map
