import { defineTool, result, text, type Tool } from '@toolyard/core';
import type { EditedFile, SafeRoots } from '@toolyard/core/process';
import { z } from 'zod';

import { writeErrors } from './error-codes.ts';
import {
  countText,
  expectedHashField,
  hashField,
  pathField,
  resultPath,
  shownPath,
  TIMEOUT_MS,
  WRITES,
} from './fields.ts';

const edit = z.object({
  find: z.string().min(1).max(100_000).describe('Exact text that is there once, lines and spaces included'),
  replace: z.string().max(1_000_000).describe('What to put there; empty to delete'),
  all: z.boolean().default(false).describe('Replace every occurrence'),
});

/** `edit_file`: exact replacements in a text file. */
export function editFileTool(roots: SafeRoots): Tool {
  return defineTool({
    name: 'edit_file',
    title: 'Edit a file',
    description: [
      'Replaces exact pieces of a text file, all of them or none, one after the other, and gives the difference.',
      'Each find has to occur exactly once, unless all is set: copy it from read_file, with enough lines around it. Line ends are kept as the file has them.',
      'With dryRun nothing is written. For a new file, or to replace everything, use write_file.',
    ].join(' '),
    input: z.object({
      path: pathField(roots),
      edits: z.array(edit).min(1).max(200).describe('Each on what the one before left'),
      expectedHash: expectedHashField,
      dryRun: z.boolean().default(false).describe('Only show what would change'),
    }),
    output: z.object({
      path: resultPath,
      sizeBytes: z.int(),
      hash: hashField,
      previousHash: z.string(),
      replacements: z.int().describe('How many places were replaced'),
      diff: z.string().describe('Unified; empty when nothing changed, shortened when it is long'),
    }),
    annotations: { ...WRITES, idempotentHint: false },
    timeoutMs: TIMEOUT_MS,
    errors: writeErrors(
      'FILE_IS_BINARY',
      'HASH_MISMATCH',
      'EDIT_INVALID',
      'EDIT_NOT_FOUND',
      'EDIT_AMBIGUOUS',
    ),
    async run({ path, edits, expectedHash, dryRun }, { signal }) {
      const edited = await roots.edit(path, edits, { expectedHash, dryRun, signal });
      return result({ content: [text(describe(edited, dryRun))], structuredContent: edited });
    },
  });
}

function describe({ path, replacements, hash, diff }: EditedFile, dryRun: boolean): string {
  const places = countText(replacements, 'place', 'places');
  const what = dryRun ? `nothing was written; ${places} would change` : `${places} replaced; hash ${hash}`;
  return `${diff}[${shownPath(path)}: ${what}]`;
}
