import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { TerminalError } from '../errors.ts';
import { withoutPartialEnd } from '../utf8.ts';
import { notAFile } from './file-errors.ts';
import type { OpenDirectory } from './open-directory.ts';

/** Part of a text file. */
export interface FileContent {
  /** Below the root. */
  readonly path: string;
  readonly text: string;
  readonly sizeBytes: number;
  readonly offset: number;
  /** Where to read on; absent at the end of the file. */
  readonly nextOffset?: number;
}

/** Which bytes to read. */
export interface FilePart {
  readonly path: string;
  readonly offset: number;
  readonly maxBytes: number;
}

/** Reads part of a regular file of a directory. */
export async function readFilePart(
  parent: OpenDirectory,
  name: string,
  part: FilePart,
): Promise<FileContent> {
  const file = await openFile(parent, name, part.path);
  try {
    return await readPart(file, part);
  } finally {
    await file.close();
  }
}

// Without O_NONBLOCK the opening of a pipe waits until somebody writes to it.
async function openFile(parent: OpenDirectory, name: string, path: string): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(parent.child(name), flags);
  try {
    await parent.confirm();
    if (!(await file.stat()).isFile()) throw notAFile(path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readPart(file: FileHandle, { path, offset, maxBytes }: FilePart): Promise<FileContent> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(Math.max(0, Math.min(maxBytes, size - offset)));
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, offset + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  const read = buffer.subarray(0, length);
  if (read.includes(0))
    throw new TerminalError('FILE_IS_BINARY', `${JSON.stringify(path)} is not a text file.`);
  const whole = offset + length < size ? withoutPartialEnd(read) : read;
  // A part smaller than one character would never get anywhere.
  const kept = whole.length === 0 ? read : whole;
  const next = offset + kept.length;
  const content = { path, text: kept.toString('utf8'), sizeBytes: size, offset };
  return next < size && kept.length > 0 ? { ...content, nextOffset: next } : content;
}
