import type { FileHandle } from 'node:fs/promises';

import { ToolyardError } from '../../errors.ts';
import { artifactNotFound } from './artifact-errors.ts';
import { infoOf, type ArtifactRecord, type ArtifactShelf } from './artifact-shelf.ts';
import type { ArtifactInfo, ArtifactWriter } from './artifact-store.ts';

export interface ArtifactWriterOptions {
  readonly file: FileHandle;
  readonly record: ArtifactRecord;
  readonly shelf: ArtifactShelf;
  readonly onWritten: () => void;
  readonly onEnd: () => Promise<void>;
}

/** Writes a file to its end, one piece after the other. */
export function artifactWriter({
  file,
  record,
  shelf,
  onWritten,
  onEnd,
}: ArtifactWriterOptions): ArtifactWriter {
  let last: Promise<unknown> = Promise.resolve();
  let ended: Promise<ArtifactInfo> | undefined;

  /** After what came before, whether that succeeded or not. */
  function inOrder<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  }

  async function append(bytes: Uint8Array): Promise<void> {
    if (!shelf.has(record)) throw artifactNotFound(record.id);
    shelf.makeRoom(record.owner, { bytes: bytes.length, artifacts: 0 });
    record.reservedBytes += bytes.length;
    try {
      // At a position, so that the next write covers what a failed one has left.
      for (let offset = 0; offset < bytes.length;) {
        const rest = bytes.length - offset;
        offset += (await file.write(bytes, offset, rest, record.bytes + offset)).bytesWritten;
      }
    } catch (error) {
      record.reservedBytes -= bytes.length;
      throw shelf.has(record) ? error : artifactNotFound(record.id);
    }
    record.index.add(bytes);
    record.bytes += bytes.length;
    shelf.touch(record);
    onWritten();
    shelf.tell('grown', record);
  }

  return {
    id: record.id,
    write(data) {
      if (ended)
        return Promise.reject(new ToolyardError('ARTIFACT_ENDED', 'The artifact is complete already.'));
      const bytes = typeof data === 'string' ? Buffer.from(data) : data;
      return bytes.length === 0 ? Promise.resolve() : inOrder(() => append(bytes));
    },
    end: () =>
      (ended ??= inOrder(async () => {
        await onEnd();
        return infoOf(record);
      })),
  };
}
