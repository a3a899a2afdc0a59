import { defineTool, result, text, ToolError, type Tool } from '@toolyard/core';
import type { FileContent, SafeRoots } from '@toolyard/core/process';
import { z } from 'zod';

import { readErrors } from './error-codes.ts';
import {
  describeWorkspaces,
  hashField,
  MAX_SHOWN,
  pathField,
  READS,
  resultPath,
  shownPath,
  TIMEOUT_MS,
} from './fields.ts';

const output = z.object({
  path: resultPath,
  text: z.string(),
  startLine: z.int().optional().describe('Of the text, from 1; absent when read by byteOffset'),
  endLine: z.int().optional().describe('Its last line; below startLine when there was nothing'),
  totalBytes: z.int().describe('Of the whole file'),
  nextOffset: z.int().optional().describe('The line to read on from; absent at the end of the file'),
  nextByteOffset: z.int().optional().describe('Within a very long line: the byte to read on from'),
  hash: hashField.optional(),
  isLossy: z.boolean().optional().describe('Not UTF-8: some bytes are shown as \uFFFD; do not write it back'),
});

/** `read_file`: part of a text file, by lines. */
export function readFileTool(roots: SafeRoots): Tool {
  return defineTool({
    name: 'read_file',
    title: 'Read a file',
    description: [
      `Reads a text file, from line offset on: at most limit lines and ${MAX_SHOWN} bytes. While the result has a nextOffset, call again with it as offset.`,
      'A line that is too long for one result goes on with nextByteOffset as byteOffset.',
      'To find a place in a large file, use search_files first. Pass the hash to edit_file or write_file as expectedHash, so that nothing is overwritten that you have not seen.',
      'Files that hold secrets (.env, keys) and binary files are refused.',
      describeWorkspaces(roots),
    ].join(' '),
    input: z.object({
      path: pathField(roots),
      offset: z.int().min(1).optional().describe('The first line, counted from 1. Default: 1'),
      limit: z.int().min(1).max(10_000).optional().describe('Most lines. Default: as many as fit'),
      byteOffset: z.int().min(0).optional().describe('Instead of offset: the first byte, from 0'),
    }),
    output,
    annotations: READS,
    timeoutMs: TIMEOUT_MS,
    errors: readErrors('NOT_A_FILE', 'IS_A_LINK', 'FILE_IS_BINARY', 'FILE_CHANGED', 'RANGE_INVALID'),
    async run({ path, offset, limit, byteOffset }, { signal }) {
      if (offset !== undefined && byteOffset !== undefined)
        throw new ToolError('RANGE_INVALID', 'Give offset, a line, or byteOffset; not both.');
      const start = byteOffset === undefined ? { fromLine: offset ?? 1 } : { offset: byteOffset };
      const range = { ...start, maxLines: limit, maxBytes: MAX_SHOWN, signal };
      const part = partOf(await roots.read(path, range));
      const content = [...(part.text === '' ? [] : [text(part.text)]), text(footer(part))];
      return result({ content, structuredContent: part });
    },
  });
}

type Part = z.output<typeof output>;

function partOf(read: FileContent): Part {
  const { path, fromLine, sizeBytes, hash, isLossy } = read;
  const facts = {
    path,
    totalBytes: sizeBytes,
    ...(hash !== undefined && { hash }),
    ...(isLossy && { isLossy }),
  };
  if (fromLine === undefined)
    return {
      ...facts,
      text: read.text,
      ...(read.nextOffset !== undefined && { nextByteOffset: read.nextOffset }),
    };

  // A line of which only the start fits belongs to the next part, unless it is all there is.
  const isCut = read.nextOffset !== undefined && read.nextLine === undefined;
  const whole = isCut ? read.text.slice(0, read.text.lastIndexOf('\n') + 1) || read.text : read.text;
  const lines = lineCount(whole);
  const part = { ...facts, text: whole, startLine: fromLine, endLine: fromLine + lines - 1 };
  if (read.nextOffset === undefined) return part;
  return whole.endsWith('\n')
    ? { ...part, nextOffset: fromLine + lines }
    : { ...part, nextByteOffset: read.nextOffset };
}

/** How many lines a text has, the last one also without its end. */
function lineCount(value: string): number {
  const ends = value.split('\n').length - 1;
  return value === '' || value.endsWith('\n') ? ends : ends + 1;
}

function footer({
  path,
  startLine,
  endLine,
  totalBytes,
  nextOffset,
  nextByteOffset,
  hash,
  isLossy,
}: Part): string {
  const notes = [`${totalBytes} bytes`];
  if (hash !== undefined) notes.push(`hash ${hash}`);
  if (isLossy) notes.push('not UTF-8: do not write this text back');
  if (nextOffset !== undefined) notes.push(`go on with offset: ${nextOffset}`);
  if (nextByteOffset !== undefined) {
    notes.push(`go on with byteOffset: ${nextByteOffset}`);
    if (endLine !== undefined) notes.push(`the next line has offset: ${endLine + 1}`);
  }
  return `[${linesText(startLine, endLine)}${shownPath(path)}: ${notes.join('; ')}]`;
}

function linesText(first: number | undefined, last: number | undefined): string {
  if (first === undefined || last === undefined) return '';
  if (last < first) return `nothing from line ${first} on in `;
  return first === last ? `line ${first} of ` : `lines ${first} to ${last} of `;
}
