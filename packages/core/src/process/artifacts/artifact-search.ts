import { RE2JS } from 're2js';

import { InvalidOptionError } from '../../errors.ts';
import { positiveInteger } from '../../options.ts';
import { invalidPattern } from './artifact-errors.ts';
import { readAt, type ReadableArtifact } from './artifact-ranges.ts';
import type {
  ArtifactMatch,
  ArtifactQuery,
  ArtifactSearchOptions,
  ArtifactSearchResult,
} from './artifact-store.ts';

const DEFAULT_MATCHES = 50;
const MAX_MATCHES = 1_000;
const MAX_BYTES = 16_777_216;
const MAX_PATTERN = 1_000;
const BLOCK_BYTES = 65_536;
/** A longer line is looked at in pieces of this size. */
const MAX_LINE_BYTES = 65_536;
const EXCERPT_CHARS = 500;

/** Where a line matches, or -1. */
type Finder = (line: string) => number;

/** Looks through an artifact line by line; other work gets its turn after each block. */
export async function searchLines(
  artifact: ReadableArtifact,
  query: ArtifactQuery,
  options: ArtifactSearchOptions = {},
): Promise<ArtifactSearchResult> {
  const { info, index } = artifact;
  const { from = 0, signal } = options;
  if (!Number.isSafeInteger(from) || from < 0)
    throw new InvalidOptionError('from', 'must be a whole number, 0 or above');
  const find = finderOf(query);
  const maxMatches = Math.min(
    positiveInteger('maxMatches', options.maxMatches ?? DEFAULT_MATCHES),
    MAX_MATCHES,
  );
  const maxBytes = Math.min(positiveInteger('maxBytes', options.maxBytes ?? MAX_BYTES), MAX_BYTES);
  const matches: ArtifactMatch[] = [];
  const known = index.beforeByte(from);
  let { line } = known;
  let at = known.from;
  while (at < info.bytes) {
    signal?.throwIfAborted();
    if (at > from && at - from >= maxBytes) return { matches, next: at };
    const block = await readAt(artifact.file, at, Math.min(at + BLOCK_BYTES, info.bytes));
    if (block.length === 0) break;
    const isLast = at + block.length >= info.bytes;
    let start = 0;
    while (start < block.length) {
      const lineEnd = block.indexOf(0x0a, start);
      const isWhole = lineEnd >= 0;
      // The rest of a line comes with the next block, unless there is none or the line is too long.
      if (!isWhole && !isLast && block.length - start < MAX_LINE_BYTES) break;
      const end = isWhole ? lineEnd : block.length;
      const next = isWhole ? end + 1 : end;
      if (at + next > from) {
        const text = block.toString('utf8', Math.max(start, from - at), end).replace(/\r$/, '');
        const found = find(text);
        if (found >= 0) matches.push({ line, from: at + start, text: excerpt(text, found) });
        // An unfinished line is looked at again once there is more of it.
        else if (!isWhole && isLast && !info.isComplete) return { matches, next: at + start };
      }
      if (isWhole) line += 1;
      start = next;
      if (matches.length >= maxMatches) return { matches, next: nextOf(at + start, artifact) };
    }
    at += start;
  }
  return { matches, next: nextOf(info.bytes, artifact) };
}

function nextOf(position: number, { info }: ReadableArtifact): number | undefined {
  return info.isComplete && position >= info.bytes ? undefined : position;
}

/** @throws {ToolError} `INVALID_PATTERN` */
function finderOf(query: ArtifactQuery): Finder {
  const source = query.text ?? query.pattern;
  if (source === '' || source.length > MAX_PATTERN)
    throw invalidPattern(source, new Error(`it must have 1 to ${MAX_PATTERN} characters`));
  const { text, ignoreCase = false } = query;
  if (text !== undefined && !ignoreCase) return (line) => line.indexOf(text);
  try {
    const flags = ignoreCase ? RE2JS.CASE_INSENSITIVE : 0;
    const expression = RE2JS.compile(text === undefined ? source : RE2JS.quote(source), flags);
    return (line) => {
      if (!expression.test(line)) return -1;
      const matcher = expression.matcher(line);
      return matcher.find() ? matcher.start() : -1;
    };
  } catch (error) {
    throw invalidPattern(source, error);
  }
}

function excerpt(line: string, found: number): string {
  if (line.length <= EXCERPT_CHARS) return line;
  const start = Math.max(0, Math.min(found - EXCERPT_CHARS / 5, line.length - EXCERPT_CHARS));
  const end = start + EXCERPT_CHARS;
  const text = line.slice(start, end).toWellFormed();
  return `${start > 0 ? '…' : ''}${text}${end < line.length ? '…' : ''}`;
}
