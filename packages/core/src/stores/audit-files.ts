import type { FileHandle } from 'node:fs/promises';
import { ToolyardError } from '../errors.ts';

/** The file a log is written to. */
export interface AuditFile {
  /** Bytes in it, as far as this process wrote or found them. */
  readonly size: number;
  /** Whether somebody else wrote to it or cut it. */
  hasChanged(): Promise<boolean>;
  /** The last line, or `undefined` in an empty file. */
  lastLine(): Promise<string | undefined>;
  /** Writes all of the line or nothing. */
  append(line: Uint8Array, fsync: boolean): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The files of one log: the one that is written to, and the full ones beside it. */
export interface AuditFiles {
  open(): Promise<AuditFile>;
  /** Puts the current file aside, and deletes the oldest ones beyond `maxFiles`. */
  archive(lastSeq: number, maxFiles: number): Promise<void>;
  lastLineOfFull(): Promise<string | undefined>;
  /** All lines, oldest first. One that was cut off by a crash is left out. */
  lines(): AsyncIterable<string>;
}

const NEWLINE = 10;
const CHUNK_BYTES = 64 * 1024;

export function createAuditFiles(path: string): AuditFiles {
  // Not imported above: importing `@toolyard/core/stores` works where there is no file system.
  const fs = process.getBuiltinModule('node:fs/promises');
  const nodePath = process.getBuiltinModule('node:path');
  const directory = nodePath.dirname(path);
  const pathOfFull = (lastSeq: number) => `${path}.${String(lastSeq).padStart(12, '0')}`;

  async function exists(file: string): Promise<boolean> {
    return fs.access(file).then(
      () => true,
      () => false,
    );
  }

  /** Oldest first. */
  async function fullFiles(): Promise<string[]> {
    const prefix = `${nodePath.basename(path)}.`;
    const names = await fs.readdir(directory);
    const full = names.filter(
      (name) => name.startsWith(prefix) && /^\d{12,}$/.test(name.slice(prefix.length)),
    );
    return full.toSorted().map((name) => nodePath.join(directory, name));
  }

  return {
    async open() {
      const handle = await fs.open(path, 'a+', 0o600);
      try {
        const { size, mode } = await handle.stat();
        if ((mode & 0o077) !== 0 && process.platform !== 'win32') await handle.chmod(0o600);
        return auditFile(handle, await cutTornLine(handle, size));
      } catch (error) {
        await handle.close();
        throw error;
      }
    },
    async archive(lastSeq, maxFiles) {
      const target = pathOfFull(lastSeq);
      // `rename` replaces what is there, and this must not.
      if (await exists(target))
        throw new ToolyardError('AUDIT_LOG_DAMAGED', `There is an audit log "${target}" already.`);
      await fs.rename(path, target);
      const full = await fullFiles();
      for (const old of full.slice(0, Math.max(0, full.length - maxFiles))) await fs.unlink(old);
    },
    async lastLineOfFull() {
      const newest = (await fullFiles()).at(-1);
      if (newest === undefined) return undefined;
      const handle = await fs.open(newest, 'r');
      try {
        return await readLastLine(handle, (await handle.stat()).size);
      } finally {
        await handle.close();
      }
    },
    async *lines() {
      for (const each of [...(await fullFiles()), path]) {
        const handle = await fs.open(each, 'r').catch(() => undefined);
        if (handle) yield* readLines(handle);
      }
    },
  };
}

function auditFile(handle: FileHandle, initialSize: number): AuditFile {
  let size = initialSize;
  return {
    get size() {
      return size;
    },
    async hasChanged() {
      const now = await handle.stat();
      return now.size !== size || now.nlink === 0;
    },
    lastLine: () => readLastLine(handle, size),
    async append(line, fsync) {
      try {
        await handle.appendFile(line);
        if (fsync) await handle.datasync();
      } catch (error) {
        // Where it cannot even take back half a line, the next opening will.
        await handle.truncate(size).catch(() => {});
        throw error;
      }
      size += line.byteLength;
    },
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}

/** Takes away what a crash left of a line. Gives the size of the file after that. */
async function cutTornLine(handle: FileHandle, size: number): Promise<number> {
  const end = (await findNewlineBefore(handle, size)) + 1;
  if (end !== size) await handle.truncate(end);
  return end;
}

async function readLastLine(handle: FileHandle, size: number): Promise<string | undefined> {
  const end = await findNewlineBefore(handle, size);
  if (end < 0) return undefined;
  const start = (await findNewlineBefore(handle, end)) + 1;
  const { buffer } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
  return buffer.toString('utf8');
}

/** Position of the last newline before `end`, or -1. */
async function findNewlineBefore(handle: FileHandle, end: number): Promise<number> {
  for (let chunkEnd = end; chunkEnd > 0; chunkEnd -= CHUNK_BYTES) {
    const start = Math.max(0, chunkEnd - CHUNK_BYTES);
    const length = chunkEnd - start;
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, start);
    const index = buffer.lastIndexOf(NEWLINE);
    if (index >= 0) return start + index;
  }
  return -1;
}

async function* readLines(handle: FileHandle): AsyncIterable<string> {
  try {
    const { size } = await handle.stat();
    const end = (await findNewlineBefore(handle, size)) + 1;
    let rest = Buffer.alloc(0);
    for (let position = 0; position < end; position += CHUNK_BYTES) {
      const length = Math.min(CHUNK_BYTES, end - position);
      const { buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
      rest = Buffer.concat([rest, buffer]);
      // Not `readline`: it also breaks lines at U+2028, which JSON leaves as it is.
      for (let newline = rest.indexOf(NEWLINE); newline >= 0; newline = rest.indexOf(NEWLINE)) {
        yield rest.toString('utf8', 0, newline);
        rest = rest.subarray(newline + 1);
      }
    }
  } finally {
    await handle.close();
  }
}
