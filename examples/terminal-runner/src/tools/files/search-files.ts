import { defineTool, result, text as textBlock, ToolError, type Tool } from '@toolyard/core';
import type { FileMatch, SafeRoots, SearchQuery, SearchResult } from '@toolyard/core/process';
import { z } from 'zod';

import { readErrors } from './error-codes.ts';
import {
  countText,
  describeWorkspaces,
  globsField,
  MAX_SHOWN,
  pathField,
  READS,
  resultPath,
  shownPath,
  TIMEOUT_MS,
} from './fields.ts';

const MAX_MATCHES = 100;

const STOPPED = {
  matches: 'there are more',
  bytes: 'there are more than fit in a result',
  time: 'the time was over',
  names: 'there are too many files',
} as const;

const output = z.object({
  matches: z.array(
    z.object({
      path: resultPath,
      line: z.int().describe('From 1'),
      column: z.int().optional().describe('Of the first match in the line, from 1'),
      text: z.string().describe('The line; of a long one the part around the match'),
      before: z.array(z.string()).optional(),
      after: z.array(z.string()).optional(),
    }),
  ),
  filesSearched: z.int(),
  filesSkipped: z.int().describe('Binary, too large, or not to be read'),
  stoppedBy: z
    .enum(['matches', 'bytes', 'time', 'names'])
    .optional()
    .describe('Which limit ended the search, so that there may be more; absent when everything was searched'),
});

/** `search_files`: lines that hold a text or fit a pattern. */
export function searchFilesTool(roots: SafeRoots): Tool {
  return defineTool({
    name: 'search_files',
    title: 'Search in files',
    description: [
      `Finds lines of text files below a directory, or of one file: those that hold text, taken as it is, or fit pattern, an RE2 regular expression (no look-around, no back references). Up to ${MAX_MATCHES} matches, by path and line.`,
      'When stoppedBy is there, narrow the search by path or include. Binary files, links, .git and node_modules are passed over.',
      'To find files by their names use list_files.',
      describeWorkspaces(roots),
    ].join(' '),
    input: z.object({
      text: z.string().min(1).max(1_000).optional().describe('What a line holds; this or pattern'),
      pattern: z
        .string()
        .min(1)
        .max(1_000)
        .optional()
        .describe('What a line fits: "^export (class|function) "'),
      path: pathField(roots, 'src').default('.'),
      include: globsField('Only files that fit one of these globs: "*.ts", "src/**"'),
      exclude: globsField('Not what fits one of these globs. Default: .git and node_modules'),
      ignoreCase: z.boolean().default(false).describe('Whether a and A are the same'),
      contextLines: z.int().min(0).max(10).default(0).describe('Lines to show before and after each match'),
    }),
    output,
    annotations: READS,
    timeoutMs: TIMEOUT_MS,
    errors: readErrors('IS_A_LINK', 'PATTERN_INVALID'),
    async run({ text, pattern, ignoreCase, ...options }, { signal }) {
      const query = { ...queryOf(text, pattern), ignoreCase };
      const found = await roots.search(query, { ...options, maxMatches: MAX_MATCHES, signal });
      const shown = shortened(found);
      return result({
        content: [textBlock(describe(shown))],
        structuredContent: { ...shown, matches: shown.matches.map(withOwnLists) },
      });
    },
  });
}

function queryOf(text: string | undefined, pattern: string | undefined): SearchQuery {
  if (text !== undefined && pattern === undefined) return { text };
  if (pattern !== undefined && text === undefined) return { pattern };
  throw new ToolError('PATTERN_INVALID', 'Give what to look for as text or as pattern, one of them.');
}

/** As many matches as a result shows; one in any case. */
function shortened(found: SearchResult): SearchResult {
  let length = 0;
  const end = found.matches.findIndex((match) => (length += JSON.stringify(match).length + 1) > MAX_SHOWN);
  if (end === -1) return found;
  return { ...found, matches: found.matches.slice(0, Math.max(1, end)), stoppedBy: 'bytes' };
}

function withOwnLists({ before, after, ...match }: FileMatch) {
  return { ...match, ...(before && { before: [...before] }), ...(after && { after: [...after] }) };
}

function describe({ matches, filesSearched, filesSkipped, stoppedBy }: SearchResult): string {
  const count = countText(matches.length, 'match', 'matches');
  const files = countText(filesSearched, 'file', 'files');
  const skipped = filesSkipped === 0 ? '' : `, ${filesSkipped} passed over`;
  const stopped = stoppedBy ? `; stopped as ${STOPPED[stoppedBy]}: narrow the search` : '';
  return [...shownLines(matches), `[${count} in ${files}${skipped}${stopped}]`].join('\n');
}

/** Each line once, also where the lines around two matches overlap. */
function shownLines(matches: readonly FileMatch[]): string[] {
  const shown: string[] = [];
  let last = 0;
  for (const [index, { path, line, text, before = [], after = [] }] of matches.entries()) {
    const next = matches[index + 1];
    const end = next?.path === path ? next.line : Infinity;
    if (path !== matches[index - 1]?.path) {
      shown.push(shownPath(path));
      last = 0;
    }
    const around = [...before, text, ...after].map(
      (content, at) => [line - before.length + at, content] as const,
    );
    for (const [number, content] of around) {
      if (number <= last || number >= end) continue;
      if (number > last + 1 && last > 0 && before.length + after.length > 0) shown.push('  --');
      shown.push(`  ${number}${number === line ? ':' : '-'} ${content}`);
      last = number;
    }
  }
  return shown;
}
