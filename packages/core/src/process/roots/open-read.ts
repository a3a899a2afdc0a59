import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { findEntry, openEntry } from './entry.ts';
import type { HeldFile } from './open-files.ts';
import { assertReadable, type Tree } from './tree.ts';

/** How `openRead` opens a file. */
export interface OpenReadOptions {
  /** What a relative path is relative to. Default: the first root. */
  readonly cwd?: string | undefined;
  /** Gives up opening. Of no effect on the open file. */
  readonly signal?: AbortSignal | undefined;
}

/** A file that is open for reading: whatever its name leads to by now, this is the one that was checked. */
export interface FileReader extends AsyncDisposable {
  /** Where the file really is, links followed. */
  readonly path: string;
  /** When it was opened. */
  readonly sizeBytes: number;
  /**
   * A descriptor at the start of the file, open for reading alone, to be given to a program as its standard input;
   * -1 once the reader is closed. The program keeps its own copy: close the reader when the program has started.
   *
   * On Linux a program can open its input anew through `/proc/self/fd/0`, for writing too, where the permissions of the
   * file let it: also in a sandbox that shows the file read-only. Give a confined program {@link FileReader.stream}.
   */
  readonly fd: number;
  /** The content from its start, to be piped. Once; the reader closes when the stream ends or is destroyed. */
  stream(): Readable;
  close(): Promise<void>;
}

/** Opens a regular file of any size and content. */
export async function openReader(
  tree: Tree,
  path: string,
  { cwd, signal }: OpenReadOptions,
  giveBack: () => void,
): Promise<HeldFile<FileReader>> {
  signal?.throwIfAborted();
  const absolute = tree.places.resolve(path, cwd);
  assertReadable(tree, absolute);
  const entry = await findEntry(tree, path, absolute);
  try {
    assertReadable(tree, entry.realPath);
    const handle = await openEntry(entry, path);
    try {
      const { size: sizeBytes } = await handle.stat();
      signal?.throwIfAborted();
      return hold(handle, { path: tree.places.show(entry.realPath), sizeBytes }, giveBack);
    } catch (error) {
      await handle.close();
      throw error;
    }
  } finally {
    await entry.parent.close();
  }
}

function hold(
  handle: FileHandle,
  facts: Pick<FileReader, 'path' | 'sizeBytes'>,
  giveBack: () => void,
): HeldFile<FileReader> {
  const close = async (): Promise<void> => {
    giveBack();
    await handle.close();
  };
  const file: FileReader = {
    ...facts,
    get fd() {
      return handle.fd;
    },
    stream: () => handle.createReadStream({ start: 0 }).once('close', giveBack),
    close,
    [Symbol.asyncDispose]: close,
  };
  return { file, stop: () => close().catch(() => {}) };
}
