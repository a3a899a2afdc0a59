import { defineTool, result, text, type Tool } from '@toolyard/core';
import type { DirectoryListing, ListedEntry, SafeRoots } from '@toolyard/core/process';
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

const MAX_ENTRIES = 200;
const MAX_DEPTH = 64;

const output = z.object({
  path: resultPath,
  entries: z.array(
    z.object({
      path: resultPath,
      type: z.enum(['file', 'directory', 'link', 'other']),
      sizeBytes: z.int().optional().describe('Of a file'),
    }),
  ),
  truncated: z.boolean().describe('Whether there is more than was listed'),
  nextAfter: z.string().optional().describe('Where to go on: pass it as after'),
});

/** `list_files`: what is in a directory, or below it. */
export function listFilesTool(roots: SafeRoots): Tool {
  return defineTool({
    name: 'list_files',
    title: 'List files',
    description: [
      `Lists a directory in order of names, up to ${MAX_ENTRIES} entries; depth goes into directories, include finds files by name ("**/*.test.ts") at any depth.`,
      'For more, call again with nextAfter as after. Links are named, not followed; .git and node_modules are named, and gone into only when path leads there.',
      'For what is in files use search_files, for times and permissions file_info.',
      describeWorkspaces(roots),
    ].join(' '),
    input: z.object({
      path: pathField(roots, 'src').default('.'),
      depth: z
        .int()
        .min(1)
        .max(MAX_DEPTH)
        .optional()
        .describe('How many levels of directories. Default: 1, with include all'),
      include: globsField('Only what fits one of these globs: "*.ts", "src/**", "{a,b}/*.md"'),
      exclude: globsField('Neither what fits one of these globs nor what is below it: "dist"'),
      after: z.string().min(1).max(4_096).optional().describe('The nextAfter of the list before this one'),
    }),
    output,
    annotations: READS,
    timeoutMs: TIMEOUT_MS,
    errors: readErrors('PATTERN_INVALID'),
    async run({ path, depth, include, exclude, after }, { signal }) {
      const levels = depth ?? (include ? MAX_DEPTH : 1);
      const options = { depth: levels, include, exclude, after, signal };
      let listing = await roots.list(path, { ...options, maxEntries: MAX_ENTRIES });
      const fitting = fittingEntries(listing.entries);
      // Again, as only the list itself knows where the next one starts.
      if (fitting < listing.entries.length)
        listing = await roots.list(path, { ...options, maxEntries: fitting });
      const { entries, ...facts } = listing;
      return result({
        content: [text(describe(listing))],
        structuredContent: { ...facts, entries: entries.map(shortEntry) },
      });
    },
  });
}

function shortEntry({ path, type, sizeBytes }: ListedEntry) {
  return { path, type, ...(type === 'file' && { sizeBytes }) };
}

/** How many entries fit in a result; one in any case. */
function fittingEntries(entries: readonly ListedEntry[]): number {
  let length = 0;
  const end = entries.findIndex(
    (entry) => (length += JSON.stringify(shortEntry(entry)).length + 1) > MAX_SHOWN,
  );
  return end === -1 ? entries.length : Math.max(1, end);
}

function describe({ path, entries, truncated, nextAfter }: DirectoryListing): string {
  const count = countText(entries.length, 'entry', 'entries');
  const more =
    nextAfter === undefined
      ? truncated
        ? '; the directory is too large to be looked through, list one below it'
        : ''
      : `; go on with after: ${JSON.stringify(nextAfter)}`;
  return [...entries.map(lineOf), `[${count} of ${shownPath(path)}${more}]`].join('\n');
}

function lineOf({ path, type, sizeBytes }: ListedEntry): string {
  const shown = shownPath(path);
  switch (type) {
    case 'directory':
      return `${shown}/`;
    case 'file':
      return `${shown} (${sizeBytes} bytes)`;
    case 'link':
      return `${shown} (link)`;
    case 'other':
      return `${shown} (no file)`;
  }
}
