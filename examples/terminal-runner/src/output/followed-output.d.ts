import { type Call } from '@toolyard/core';
import { type ArtifactStore, type CapturedOutput, type OutputChunk } from '@toolyard/core/process';
/** Where the output of a run goes while it runs. */
export interface FollowedOutput {
  /** For the capture. A promise holds back what follows. */
  readonly onText: (chunk: Pick<OutputChunk, 'text'>) => Promise<void> | undefined;
  /** Output of an earlier run, as if it had come now. */
  repeat(output: CapturedOutput): Promise<void>;
  /** To be called whatever came of the run; again gives the same. */
  end(): Promise<KeptOutput>;
}
/** What became of the output. */
export interface KeptOutput {
  /** Of the artifact that holds all of it; most runs need none. */
  readonly id?: string | undefined;
  /** Why there is none where one was needed. */
  readonly problem?: string | undefined;
}
/**
 * Reports the output of a run as progress, and keeps all of it in an artifact as soon as it is too long to be shown or
 * the run takes more than two seconds. A short run costs no file.
 *
 * @param name - of the artifact.
 */
export declare function followOutput(
  call: Call,
  {
    artifacts,
    owner,
    name,
  }: {
    artifacts: ArtifactStore;
    owner: string;
    name: string;
  },
): FollowedOutput;
//# sourceMappingURL=followed-output.d.ts.map
