import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import {
  chmod,
  copyFile,
  lstat,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { join } from 'node:path';

import { systemClock, type Clock } from '../../clock.ts';
import { ToolyardError } from '../../errors.ts';
import { positiveInteger, positiveMs } from '../../options.ts';
import { privateDirectory } from '../output/private-directory.ts';
import { artifactNotFound } from './artifact-errors.ts';
import { readAt, readRange, type ReadableArtifact } from './artifact-ranges.ts';
import { searchLines } from './artifact-search.ts';
import { artifactShelf, infoOf, type ArtifactRecord } from './artifact-shelf.ts';
import type { ArtifactInfo, ArtifactOptions, ArtifactStore, ArtifactWriter } from './artifact-store.ts';
import { artifactWriter } from './artifact-writer.ts';

/** Options of {@link fileArtifactStore}. */
export interface FileArtifactStoreOptions {
  /**
   * The store's own, of mode 0700; made if missing. One store at a time: it removes what an earlier one left behind,
   * unless `keep` is set.
   */
  readonly directory: string;
  /** All artifacts together. Default: 1 GiB. */
  readonly maxBytes?: number | undefined;
  /** Those of one owner. Default: 256 MiB. */
  readonly maxBytesPerOwner?: number | undefined;
  /** Default: 2 000. */
  readonly maxArtifacts?: number | undefined;
  /** Default: 200. */
  readonly maxArtifactsPerOwner?: number | undefined;
  /** How long an artifact stays after the last write. Default: one hour. */
  readonly ttlMs?: number | undefined;
  /** Whether complete artifacts outlive the store: the next one in the directory has them again. Default: false. */
  readonly keep?: boolean | undefined;
  readonly clock?: Clock | undefined;
}

const BLOCK_BYTES = 262_144;
const FILE_NAME = /^([0-9a-f]{32})\.(?:artifact|json)$/;

/**
 * Artifacts as files of a private directory.
 *
 * Where room is needed, complete artifacts go: expired ones, then the owner's own, then those of others, each time the
 * one unused for longest. What is still being written never goes; a write that finds no room fails.
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { fileArtifactStore } from '@toolyard/core/process';
 *
 * const artifacts = fileArtifactStore({ directory: '/var/lib/my-server/artifacts', ttlMs: 600_000 });
 * const writer = await artifacts.create('ann', { name: 'build.log' });
 * await writer.write('first line\n');
 * const { id } = await writer.end();
 * const { text } = await artifacts.read('ann', id, { lastLines: 10 });
 * await artifacts.close();
 * ```
 */
export function fileArtifactStore(options: FileArtifactStoreOptions): ArtifactStore {
  const { directory, keep = false, clock = systemClock } = options;
  const ttlMs = positiveMs('ttlMs', options.ttlMs ?? 3_600_000);
  const shelf = artifactShelf({
    clock,
    maxBytes: positiveInteger('maxBytes', options.maxBytes ?? 1_073_741_824),
    maxBytesPerOwner: positiveInteger('maxBytesPerOwner', options.maxBytesPerOwner ?? 268_435_456),
    maxArtifacts: positiveInteger('maxArtifacts', options.maxArtifacts ?? 2_000),
    maxArtifactsPerOwner: positiveInteger('maxArtifactsPerOwner', options.maxArtifactsPerOwner ?? 200),
    onRemove: removeFiles,
  });
  const removals = new Set<Promise<unknown>>();
  /** Of what is being written. */
  const openFiles = new Map<ArtifactRecord, FileHandle>();
  let opening: Promise<string> | undefined;
  let closing: Promise<void> | undefined;

  function ready(): Promise<string> {
    if (closing) throw new ToolyardError('ARTIFACT_STORE_CLOSED', 'The artifact store has been closed.');
    return (opening ??= openDirectory());
  }

  async function openDirectory(): Promise<string> {
    const path = await privateDirectory(directory);
    const ids = new Set((await readdir(path)).flatMap((name) => FILE_NAME.exec(name)?.[1] ?? []));
    for (const id of ids) {
      const isRestored = keep && (await restore(path, id));
      if (!isRestored) for (const file of filesOf(path, id)) await rm(file, { force: true });
    }
    return path;
  }

  /** Whether there is a complete artifact. What a crash has left is none. */
  async function restore(parent: string, id: string): Promise<boolean> {
    try {
      const note = await readFile(noteOf(parent, id), 'utf8');
      const { owner, name, mimeType, createdAt, expiresAt, bytes } = JSON.parse(note) as ArtifactRecord;
      const facts = { id, owner, name, mimeType, createdAt, expiresAt };
      await withFile(dataOf(parent, id), async (file) => {
        const record = shelf.add(facts);
        await fill(record, file, bytes);
        record.isComplete = true;
      });
      return true;
    } catch {
      return false;
    }
  }

  async function begin(
    owner: string,
    { name, mimeType = 'text/plain' }: ArtifactOptions,
    bytes: number,
  ): Promise<{ parent: string; record: ArtifactRecord }> {
    const parent = await ready();
    shelf.makeRoom(owner, { bytes, artifacts: 1 });
    const now = clock.now();
    const id = randomBytes(16).toString('hex');
    const record = shelf.add({ id, owner, name, mimeType, createdAt: now, expiresAt: now + ttlMs });
    record.reservedBytes = bytes;
    return { parent, record };
  }

  function removeFiles(record: ArtifactRecord): void {
    const removal: Promise<unknown> = (async () => {
      await openFiles.get(record)?.close();
      openFiles.delete(record);
      const parent = await opening;
      if (parent !== undefined)
        for (const file of filesOf(parent, record.id)) await rm(file, { force: true });
    })()
      .catch(() => {})
      .then(() => removals.delete(removal));
    removals.add(removal);
  }

  async function create(owner: string, facts: ArtifactOptions = {}): Promise<ArtifactWriter> {
    const { parent, record } = await begin(owner, facts, 0);
    const { O_CREAT, O_EXCL, O_WRONLY } = constants;
    let file: FileHandle;
    try {
      file = await open(dataOf(parent, record.id), O_CREAT | O_EXCL | O_WRONLY, 0o600);
    } catch (error) {
      shelf.remove(record);
      throw error;
    }
    openFiles.set(record, file);
    return artifactWriter({
      file,
      record,
      shelf,
      onWritten() {
        record.expiresAt = clock.now() + ttlMs;
      },
      async onEnd() {
        openFiles.delete(record);
        await file.close();
        if (!shelf.has(record)) throw artifactNotFound(record.id);
        await seal(parent, record);
      },
    });
  }

  /** Nothing more will come. */
  async function seal(parent: string, record: ArtifactRecord): Promise<void> {
    if (keep) {
      const { index: _index, ...facts } = record;
      await writeFile(noteOf(parent, record.id), JSON.stringify(facts), { mode: 0o600 });
    }
    record.isComplete = true;
    shelf.tell('completed', record);
  }

  async function adopt(owner: string, path: string, facts: ArtifactOptions = {}): Promise<ArtifactInfo> {
    const source = await lstat(path);
    if (!source.isFile()) throw new ToolyardError('NOT_A_FILE', `${path} is not a regular file.`);
    const { parent, record } = await begin(owner, facts, source.size);
    try {
      await move(path, dataOf(parent, record.id));
      await withFile(dataOf(parent, record.id), (file) => fill(record, file, source.size));
    } catch (error) {
      shelf.remove(record);
      throw error;
    }
    await seal(parent, record);
    return infoOf(record);
  }

  async function look<T>(
    owner: string,
    id: string,
    use: (artifact: ReadableArtifact) => Promise<T>,
  ): Promise<T> {
    const parent = await ready();
    const record = shelf.find(owner, id);
    try {
      return await withFile(dataOf(parent, id), (file) =>
        use({ file, info: infoOf(record), index: record.index }),
      );
    } catch (error) {
      // Removed since it was found.
      throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? artifactNotFound(id) : error;
    }
  }

  async function close(): Promise<void> {
    const path = await opening?.catch(() => undefined);
    for (const record of shelf.clear()) if (!keep || !record.isComplete) removeFiles(record);
    await Promise.all(removals);
    if (path !== undefined && !keep) await rmdir(path).catch(() => {});
  }

  return {
    create,
    adopt,
    read: (owner, id, range) => look(owner, id, (artifact) => readRange(artifact, range)),
    search: (owner, id, query, bounds) => look(owner, id, (artifact) => searchLines(artifact, query, bounds)),
    async info(owner, id) {
      await ready();
      return infoOf(shelf.find(owner, id));
    },
    async list(owner) {
      await ready();
      return shelf.list(owner).map(infoOf);
    },
    async delete(owner, id) {
      await ready();
      const record = shelf.list(owner).find((mine) => mine.id === id);
      if (record) shelf.remove(record);
      await Promise.all(removals);
    },
    onChange: (listener) => shelf.onChange(listener),
    close: () => (closing ??= close()),
  };
}

/** Takes what the file holds into the record. */
async function fill(record: ArtifactRecord, file: FileHandle, size: number): Promise<void> {
  for (let at = 0; at < size; at += BLOCK_BYTES) {
    record.index.add(await readAt(file, at, Math.min(at + BLOCK_BYTES, size)));
  }
  record.bytes = size;
  record.reservedBytes = size;
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** Renames; across devices copies first, so that there is always a whole file in one of the places. */
async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
    await rm(from);
  }
  await chmod(to, 0o600);
}

function dataOf(parent: string, id: string): string {
  return join(parent, `${id}.artifact`);
}

/** Where a store that keeps its artifacts notes whose they are. */
function noteOf(parent: string, id: string): string {
  return join(parent, `${id}.json`);
}

function filesOf(parent: string, id: string): string[] {
  return [dataOf(parent, id), noteOf(parent, id)];
}
