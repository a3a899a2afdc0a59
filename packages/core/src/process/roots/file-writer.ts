import type { Hash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { abortError } from '../../abort.ts';
import { ShutdownError, ToolyardError } from '../../errors.ts';
import { findOwnEntry, type Entry } from './entry.ts';
import { explain, fileError, ifThere, quote } from './file-errors.ts';
import { isSameFile, type OpenDirectory } from './open-directory.ts';
import type { HeldFile } from './open-files.ts';
import { discard, findReplaceable, putInPlace } from './put-in-place.ts';
import { TOUCH_EVERY_MS, type TemporaryFile } from './temporary-file.ts';
import type { Tree } from './tree.ts';
import type { WrittenFile } from './write.ts';

/**
 * A file that is written piece by piece and takes its place at the end, in one step. Until then the old one is there
 * as it was, and any number of writers may be open for it.
 *
 * A writer ends with `commit`, with `abort`, with its signal, with the roots, and with the first error: then nothing
 * of it stays, and what is asked of it later rejects with the reason.
 */
export interface FileWriter extends AsyncDisposable {
  /** Where the file will be. */
  readonly path: string;
  /**
   * Writes bytes behind those before, also when these are not written yet. They must stay as they are until it
   * resolves; whoever waits for that keeps memory small. Also: `FILE_TOO_LARGE`, `WRITER_ENDED`.
   */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Puts the file in its place, with the rules of `write`. Of several writers the last one wins. With `append`, only
   * what the writer began with is replaced: whoever comes second gets `FILE_CHANGED`, so that no line is lost. The same
   * code says that the directory is another one by now.
   */
  commit(): Promise<WrittenFile>;
  /** Drops what was written. Of no effect once the file is in its place; calling it twice is fine. */
  abort(): Promise<void>;
}

/** What a writer begins with. It takes over the directory and the temporary file. */
export interface WriterStart {
  readonly path: string;
  readonly absolute: string;
  readonly parent: OpenDirectory;
  readonly temporary: TemporaryFile;
  readonly shown: string;
  /** Of the bytes that are in the temporary file already. */
  readonly hash: Hash;
  readonly sizeBytes: number;
  readonly previous: BigIntStats | 'nothing' | undefined;
  readonly maxBytes: number;
  readonly signal: AbortSignal | undefined;
  readonly giveBack: () => void;
}

export function createFileWriter(tree: Tree, start: WriterStart): HeldFile<FileWriter> {
  const { path, parent, temporary, shown, hash, maxBytes, signal, giveBack } = start;
  const ending = new AbortController();
  let last: Promise<unknown> = Promise.resolve();
  let acceptedBytes = start.sizeBytes;
  let writtenBytes = start.sizeBytes;
  let committed: Promise<WrittenFile> | undefined;
  let stopped: Promise<void> | undefined;
  let isInPlace = false;

  /** After what came before. The first failure ends the writer, and is told when nothing is left of it. */
  function inOrder<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = last.then(async () => {
      ending.signal.throwIfAborted();
      return explain(path, work);
    });
    last = mine.catch(() => {});
    return mine.catch(async (error: unknown) => {
      const reason = ending.signal.aborted ? (ending.signal.reason as Error) : (error as Error);
      await stop(reason);
      throw reason;
    });
  }

  function stop(reason: Error): Promise<void> {
    ending.abort(reason);
    return (stopped ??= last.then(async () => {
      if (isInPlace) return;
      await discard(parent, temporary);
      await release();
    }));
  }

  async function release(): Promise<void> {
    touching.cancel();
    signal?.removeEventListener('abort', onAbort);
    giveBack();
    await parent.close().catch(() => {});
  }

  async function append(chunk: Uint8Array): Promise<void> {
    await temporary.handle.writeFile(chunk, { signal: ending.signal });
    hash.update(chunk);
    writtenBytes += chunk.length;
  }

  async function place(): Promise<WrittenFile> {
    // Anew: while the bytes came, links and directories may have changed.
    const entry = await findOwnEntry(tree, path, start.absolute);
    try {
      const created = await tree.changes.run(entry.realPath, async () => {
        await assertStillThere(start, entry);
        const existing = await findReplaceable(entry, path);
        const { previous } = start;
        await putInPlace(tree, temporary, entry, { path, existing, previous, signal: ending.signal });
        return !existing;
      });
      isInPlace = true;
      await release();
      const written = tree.places.show(entry.realPath);
      return { path: written, sizeBytes: writtenBytes, hash: hash.digest('hex'), created };
    } finally {
      await entry.parent.close();
    }
  }

  function write(chunk: Uint8Array): Promise<void> {
    if (committed) return Promise.reject(ended(path, 'is complete already'));
    // Counted before it is written: what waits is bounded too.
    acceptedBytes += chunk.length;
    if (acceptedBytes <= maxBytes) return inOrder(() => append(chunk));
    return inOrder(() =>
      Promise.reject(
        fileError('FILE_TOO_LARGE', path, `would become too large; at most ${maxBytes} bytes are written`),
      ),
    );
  }

  const commit = (): Promise<WrittenFile> => (committed ??= inOrder(place));
  const abort = (): Promise<void> => stop(ended(path, 'was given up'));
  const onAbort = (): void => void stop(abortError(signal?.reason));

  // So that nobody takes the file of a program that is silent for long for one that a killed writer left.
  const touch = (): void => {
    // By its own clock: an unchanged length counts as a change.
    last = last.then(() => temporary.handle.truncate(writtenBytes)).catch(() => {});
    touching = tree.clock.after(TOUCH_EVERY_MS, touch);
  };
  let touching = tree.clock.after(TOUCH_EVERY_MS, touch);
  signal?.addEventListener('abort', onAbort, { once: true });

  /** What is asked to be put in its place gets there. */
  const end = async (reason: Error): Promise<void> => {
    await (committed ? committed.catch(() => {}) : stop(reason));
  };
  const file: FileWriter = {
    path: shown,
    write,
    commit,
    abort,
    [Symbol.asyncDispose]: () => end(ended(path, 'was given up')),
  };
  return { file, stop: () => end(new ShutdownError()) };
}

/** What is put in its place must be what was written, and so the directory the one the writer began with. */
async function assertStillThere({ path, temporary }: WriterStart, { parent }: Entry): Promise<void> {
  const [own, named] = await Promise.all([
    temporary.handle.stat({ bigint: true }),
    ifThere(lstat(parent.child(temporary.name), { bigint: true })),
  ]);
  if (!named || !isSameFile(own, named))
    throw fileError(
      'FILE_CHANGED',
      path,
      'was not written: somebody exchanged its directory meanwhile, or removed the file with its new content',
    );
}

function ended(path: string, problem: string): ToolyardError {
  return new ToolyardError('WRITER_ENDED', `The writer of ${quote(path)} ${problem}.`);
}
