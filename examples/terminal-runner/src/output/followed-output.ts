import { isToolError, type Call } from '@toolyard/core';
import {
  artifactUri,
  type ArtifactStore,
  type CapturedOutput,
  type OutputChunk,
} from '@toolyard/core/process';

import { artifactSink, type ArtifactSink } from './artifact-sink.ts';
import { progressReporter } from './progress.ts';
import { WHOLE_CHARACTERS } from './show-output.ts';

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

/** A run that takes longer can be followed. */
const SLOW_MS = 2_000;

/**
 * Reports the output of a run as progress, and keeps all of it in an artifact as soon as it is too long to be shown or
 * the run takes more than two seconds. A short run costs no file.
 *
 * @param name - of the artifact.
 */
export function followOutput(
  call: Call,
  { artifacts, owner, name }: { artifacts: ArtifactStore; owner: string; name: string },
): FollowedOutput {
  let buffered = '';
  let sink: ArtifactSink | undefined;
  let opening: Promise<void> | undefined;
  let problem: string | undefined;
  let isEmpty = true;
  const progress = progressReporter(call);
  const slow = call.clock.after(SLOW_MS, () => void open());

  const open = () => (opening ??= create());

  async function create(): Promise<void> {
    try {
      sink = artifactSink(await artifacts.create(owner, { name }));
      progress.name(artifactUri(sink.id));
      void sink.add(buffered);
    } catch (error) {
      if (!isToolError(error)) call.log.error({ err: error }, 'Output could not be kept.');
      problem = isToolError(error) ? error.message : 'it could not be kept';
    }
    buffered = '';
  }

  function onText({ text }: Pick<OutputChunk, 'text'>): Promise<void> | undefined {
    isEmpty = false;
    progress.add(text);
    if (sink) return sink.add(text);
    if (problem !== undefined) return undefined;
    buffered += text;
    return buffered.length > WHOLE_CHARACTERS ? open() : undefined;
  }

  async function end(): Promise<KeptOutput> {
    slow.cancel();
    progress.end();
    await opening;
    await sink?.end();
    if (!sink || !isEmpty) return { id: sink?.id, problem };
    await artifacts.delete(owner, sink.id);
    return {};
  }

  let ending: Promise<KeptOutput> | undefined;
  return {
    onText,
    async repeat({ stdout, stderr }) {
      for (const { head, tail } of [stdout, stderr]) await onText({ text: head + tail });
    },
    end: () => (ending ??= end()),
  };
}
