import type { FileHandle } from 'node:fs/promises';

import { positiveInteger } from '../../options.ts';
import { InvalidOptionError } from '../../errors.ts';
import { withoutPartialEnd, withoutPartialStart } from '../output/utf8.ts';
import type { ArtifactInfo, ArtifactPart, ArtifactRange } from './artifact-store.ts';
import type { LineIndex } from './line-index.ts';

/** A file of which the first `info.bytes` can be read. */
export interface ReadableArtifact {
  readonly file: FileHandle;
  readonly info: ArtifactInfo;
  readonly index: LineIndex;
}

const DEFAULT_BYTES = 65_536;
const MAX_BYTES = 1_048_576;
/** Enough for any character. */
const MIN_BYTES = 8;
const BLOCK_BYTES = 65_536;

/** Reads a part of an artifact; of text, whole characters. */
export async function readRange(
  artifact: ReadableArtifact,
  range: ArtifactRange = {},
): Promise<ArtifactPart> {
  const { info } = artifact;
  const wanted = Math.max(
    MIN_BYTES,
    Math.min(positiveInteger('bytes', range.bytes ?? DEFAULT_BYTES), MAX_BYTES),
  );
  const line = lineOf(info, range);
  const start =
    line === undefined
      ? byteOf(info, 'from' in range ? range.from : 0)
      : await findLine(artifact, line.first);
  const raw = await readAt(artifact.file, start, Math.min(start + wanted, info.bytes));
  const whole = isText(info.mimeType) ? wholeCharacters(raw, start, info) : raw;
  const from = start + (whole.byteOffset - raw.byteOffset);
  const data = line?.count === undefined ? whole : firstLines(whole, line.count);
  const end = from + data.length;
  return {
    data,
    text: data.toString(),
    from,
    next: info.isComplete && end >= info.bytes ? undefined : end,
    nextLine: line === undefined ? undefined : line.first + lineEndsIn(data),
    info,
  };
}

/** Reads bytes of a file; fewer where it ends. */
export async function readAt(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.max(0, to - from));
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, from + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** Whether ranges have to keep characters whole. */
export function isText(mimeType: string): boolean {
  return /^text\/|[/+](?:json|xml|yaml|x-ndjson)\b/i.test(mimeType);
}

function lineOf(
  info: ArtifactInfo,
  range: ArtifactRange,
): { first: number; count: number | undefined } | undefined {
  if ('lastLines' in range) {
    const count = positiveInteger('lastLines', range.lastLines);
    return { first: Math.max(1, info.lines - count + 1), count: undefined };
  }
  if (!('fromLine' in range)) return undefined;
  const count = range.lines === undefined ? undefined : positiveInteger('lines', range.lines);
  return { first: positiveInteger('fromLine', range.fromLine), count };
}

function byteOf(info: ArtifactInfo, from = 0): number {
  if (!Number.isSafeInteger(from) || from < 0)
    throw new InvalidOptionError('from', 'must be a whole number, 0 or above');
  return Math.min(from, info.bytes);
}

/** The byte a line starts at; the end where there are not so many. */
async function findLine(artifact: ReadableArtifact, wanted: number): Promise<number> {
  const { info, index } = artifact;
  if (wanted > info.lines) return info.bytes;
  let { line, from } = index.before(wanted);
  while (line < wanted && from < info.bytes) {
    const block = await readAt(artifact.file, from, Math.min(from + BLOCK_BYTES, info.bytes));
    if (block.length === 0) break;
    let at = 0;
    while (line < wanted && at < block.length) {
      const end = block.indexOf(0x0a, at);
      at = end < 0 ? block.length : end + 1;
      if (end >= 0) line += 1;
    }
    from += at;
  }
  return from;
}

function wholeCharacters(raw: Buffer, start: number, info: ArtifactInfo): Buffer {
  const fromStart = start === 0 ? raw : withoutPartialStart(raw);
  const reachesEnd = info.isComplete && start + raw.length >= info.bytes;
  const whole = reachesEnd ? fromStart : withoutPartialEnd(fromStart);
  // Bytes that are no UTF-8 have to be passed, too.
  return whole.length === 0 && info.isComplete ? raw : whole;
}

function firstLines(data: Buffer, count: number): Buffer {
  let end = 0;
  for (let line = 0; line < count; line++) {
    const next = data.indexOf(0x0a, end);
    if (next < 0) return data;
    end = next + 1;
  }
  return data.subarray(0, end);
}

function lineEndsIn(data: Buffer): number {
  let count = 0;
  for (let at = data.indexOf(0x0a); at >= 0; at = data.indexOf(0x0a, at + 1)) count += 1;
  return count;
}
