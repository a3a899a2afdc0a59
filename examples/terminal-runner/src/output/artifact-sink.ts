import { isToolError } from '@toolyard/core';
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

const MAX_BYTES = 64 * 1024 * 1024;
/** Many small pieces become one write; so many characters may wait for theirs. */
const MAX_WAITING = 256 * 1024;

/** Writes text into an artifact, at most `maxBytes` (default: 64 MiB) of it. */
export function artifactSink(writer: ArtifactWriter, { maxBytes = MAX_BYTES } = {}): ArtifactSink {
  let waiting = '';
  let writing: Promise<void> | undefined;
  let keptBytes = 0;
  let lostBytes = 0;
  let why = '';

  async function writeAll(): Promise<void> {
    while (waiting !== '') {
      const bytes = Buffer.from(waiting);
      waiting = '';
      await write(bytes);
    }
    writing = undefined;
  }

  async function write(bytes: Buffer): Promise<void> {
    // After a gap nothing more is kept: it would read as if nothing was missing.
    if (lostBytes === 0 && keptBytes + bytes.length > maxBytes) why = `at most ${maxBytes} bytes are`;
    if (why === '') {
      try {
        await writer.write(bytes);
        keptBytes += bytes.length;
        return;
      } catch (error) {
        why = isToolError(error) ? error.message : 'it could not be written';
      }
    }
    lostBytes += bytes.length;
  }

  const flush = () => writing ?? Promise.resolve();
  return {
    id: writer.id,
    add(text) {
      if (text === '') return undefined;
      waiting += text;
      writing ??= writeAll();
      return waiting.length > MAX_WAITING ? writing : undefined;
    },
    flush,
    async end() {
      await flush();
      // Where even that finds no room, or the artifact is gone, nobody can be told.
      if (lostBytes > 0)
        await writer.write(`\n[… ${lostBytes} bytes were not kept: ${why} …]\n`).catch(() => {});
      await writer.end().catch(() => {});
    },
  };
}
