import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { findEntry, openEntry } from './entry.ts';
import { fileError } from './file-errors.ts';
import { endOfCharacter, isBinary, SNIFFED_BYTES, startOfCharacter } from './text.ts';
import { assertReadable, type Tree } from './tree.ts';

/** Which part of a file to read: by bytes, or by lines. */
export interface ReadFileOptions {
  /** What a relative path is relative to. Default: the first root. */
  readonly cwd?: string | undefined;
  /** The first byte. Default: 0. */
  readonly offset?: number | undefined;
  /** The first line, counted from 1; instead of `offset`. */
  readonly fromLine?: number | undefined;
  /** Most lines. Default: as many as fit in `maxBytes`. */
  readonly maxLines?: number | undefined;
  /** Most bytes. Default and most: the limit of the roots. */
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Part of a text file. */
export interface FileContent {
  /** Where the file really is, links followed. */
  readonly path: string;
  readonly text: string;
  /** Of the whole file. */
  readonly sizeBytes: number;
  /** The byte the text starts with. */
  readonly offset: number;
  /** The line the text starts in; only when lines were asked for. */
  readonly fromLine?: number;
  /** Where to read on, in bytes; absent at the end of the file. */
  readonly nextOffset?: number;
  /** Where to read on, in lines; only when lines were asked for and the text ends with one. */
  readonly nextLine?: number;
  /** SHA-256 of the whole file, in hexadecimal; absent for a file above the limit for hashing. */
  readonly hash?: string;
  /** Some bytes are not UTF-8 and were replaced by U+FFFD: do not write this text back. */
  readonly isLossy: boolean;
}

/** Reads part of a text file. */
export async function readFile(tree: Tree, path: string, options: ReadFileOptions): Promise<FileContent> {
  const absolute = tree.places.resolve(path, options.cwd);
  assertReadable(tree, absolute);
  const range = rangeOf(tree, path, options);
  const entry = await findEntry(tree, path, absolute);
  try {
    assertReadable(tree, entry.realPath);
    const file = await openEntry(entry, path);
    try {
      const part = await readPart(file, path, range, tree.limits.maxHashBytes, options.signal);
      return { path: tree.places.show(entry.realPath), ...part };
    } finally {
      await file.close();
    }
  } finally {
    await entry.parent.close();
  }
}

interface Range {
  readonly offset: number;
  readonly fromLine: number | undefined;
  readonly maxLines: number;
  readonly maxBytes: number;
}

function rangeOf(tree: Tree, path: string, options: ReadFileOptions): Range {
  const { offset, fromLine, maxLines = Infinity, maxBytes = tree.limits.maxReadBytes } = options;
  if (offset !== undefined && fromLine !== undefined)
    throw fileError(
      'RANGE_INVALID',
      path,
      'is read from a byte (offset) or from a line (fromLine), not both',
    );
  for (const [name, value, least] of [
    ['offset', offset ?? 0, 0],
    ['fromLine', fromLine ?? 1, 1],
    ['maxLines', maxLines === Infinity ? 1 : maxLines, 1],
    ['maxBytes', maxBytes, 1],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < least)
      throw fileError(
        'RANGE_INVALID',
        path,
        `cannot be read: ${name} must be a whole number, ${least} or more`,
      );
  }
  return {
    offset: offset ?? 0,
    fromLine: fromLine ?? (maxLines === Infinity || offset !== undefined ? undefined : 1),
    maxLines,
    maxBytes: Math.min(maxBytes, tree.limits.maxReadBytes),
  };
}

const CHUNK_BYTES = 256 * 1024;
const LINE_FEED = 0x0a;

/**
 * Reads the file once from its start, as far as the part and the hash need it: both belong to the same bytes, and the
 * memory it takes is that of the part.
 */
async function readPart(
  file: FileHandle,
  path: string,
  range: Range,
  maxHashBytes: number,
  signal: AbortSignal | undefined,
): Promise<Omit<FileContent, 'path'>> {
  const { size } = await file.stat();
  const hash = size <= maxHashBytes ? createHash('sha256') : undefined;
  // Three bytes more than asked for, as a character may be cut off at either end.
  const part = Buffer.alloc(Math.min(range.maxBytes + 3, Math.max(size, 1)));
  let partLength = 0;
  let start = (range.fromLine ?? 1) > 1 ? undefined : range.offset;
  let line = 1;

  const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, Math.max(size, 1)));
  // Without a hash, the bytes before the part need not be read.
  let position = !hash && start !== undefined ? start : 0;
  if (position > 0) await assertText(file, path, chunk);
  const end = (): boolean => !hash && partLength === part.length;
  while (!end()) {
    signal?.throwIfAborted();
    // oxlint-disable-next-line no-await-in-loop -- each chunk follows the one before
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) break;
    const bytes = chunk.subarray(0, bytesRead);
    if (position === 0 && isBinary(bytes)) throw binary(path, size);
    hash?.update(bytes);
    for (let at = 0; start === undefined && at < bytesRead;) {
      const feed = bytes.indexOf(LINE_FEED, at);
      if (feed === -1) break;
      at = feed + 1;
      if (++line === range.fromLine) start = position + at;
    }
    if (start !== undefined && position + bytesRead > start)
      partLength += bytes.copy(part, partLength, Math.max(0, start - position));
    position += bytesRead;
    if (hash && position > maxHashBytes)
      throw fileError('FILE_CHANGED', path, 'grows while it is read; try again');
  }

  const sizeBytes = Math.max(size, position);
  return cut(part.subarray(0, partLength), {
    range,
    start: start ?? sizeBytes,
    sizeBytes,
    hash: hash?.digest('hex'),
    path,
  });
}

/** Cuts the part to whole characters and to the lines asked for. */
function cut(
  read: Buffer,
  {
    range,
    start,
    sizeBytes,
    hash,
    path,
  }: { range: Range; start: number; sizeBytes: number; hash: string | undefined; path: string },
): Omit<FileContent, 'path'> {
  if (isBinary(read)) throw binary(path, sizeBytes);
  const skipped = start === 0 ? 0 : startOfCharacter(read);
  const limited = read.subarray(skipped, skipped + range.maxBytes);
  const isLast = start + skipped + limited.length >= sizeBytes;
  let length = isLast ? limited.length : endOfCharacter(limited);
  // A part smaller than one character would never get anywhere.
  if (length === 0 && limited.length > 0) length = startOfCharacter(read, skipped + 1) - skipped;
  let lines = 0;
  for (let at = 0; lines < range.maxLines; lines++) {
    const feed = limited.indexOf(LINE_FEED, at);
    if (feed === -1 || feed >= length) break;
    at = feed + 1;
    if (lines + 1 === range.maxLines) length = at;
  }
  const kept = read.subarray(skipped, skipped + length);
  const text = kept.toString('utf8');
  const next = start + skipped + length;
  const endsLine = kept.at(-1) === LINE_FEED;
  return {
    text,
    sizeBytes,
    offset: Math.min(start + skipped, sizeBytes),
    ...(range.fromLine !== undefined && { fromLine: range.fromLine }),
    ...(next < sizeBytes && { nextOffset: next }),
    ...(next < sizeBytes && range.fromLine !== undefined && endsLine && { nextLine: range.fromLine + lines }),
    ...(hash !== undefined && { hash }),
    isLossy: text.includes('\uFFFD') && !Buffer.from(text).equals(kept),
  };
}

async function assertText(file: FileHandle, path: string, chunk: Buffer): Promise<void> {
  const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, SNIFFED_BYTES), 0);
  if (isBinary(chunk.subarray(0, bytesRead))) throw binary(path, (await file.stat()).size);
}

function binary(path: string, sizeBytes: number): Error {
  return fileError('FILE_IS_BINARY', path, `is not a text file (${sizeBytes} bytes, with NUL bytes)`);
}
