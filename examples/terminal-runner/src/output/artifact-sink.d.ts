import type { ArtifactWriter } from '@toolyard/core/process';
/** Text on its way into an artifact. */
export interface ArtifactSink {
  /** Of the artifact. */
  readonly id: string;
  /** A promise asks to hold back what follows: the disk has fallen behind. It never rejects. */
  add(text: string): Promise<void> | undefined;
  /** Resolves when what was added can be read. */
  flush(): Promise<void>;
  /** Nothing more will come. What was not kept is told in a last line. */
  end(): Promise<void>;
}
/** Writes text into an artifact, at most `maxBytes` (default: 64 MiB) of it. */
export declare function artifactSink(
  writer: ArtifactWriter,
  {
    maxBytes,
  }?: {
    maxBytes?: number | undefined;
  },
): ArtifactSink;
//# sourceMappingURL=artifact-sink.d.ts.map
