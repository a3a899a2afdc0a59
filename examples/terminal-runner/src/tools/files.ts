import { defineTool, type Tool } from '@toolyard/core';
import { z } from 'zod';

import type { SafeRoot } from '../files/safe-root.ts';

const path = z.string().describe('Relative to the file root');

/** `read_file`, `list_files` and `write_file`, inside one root. */
export function fileTools(root: SafeRoot): Tool[] {
  return [
    defineTool({
      name: 'read_file',
      title: 'Read a file',
      description: 'Reads a text file. Long files come in parts: read on from nextOffset.',
      input: z.object({
        path,
        offset: z.number().int().min(0).default(0).describe('First byte'),
        maxBytes: z.number().int().min(1).optional(),
      }),
      output: z.object({
        path: z.string(),
        text: z.string(),
        sizeBytes: z.number(),
        offset: z.number(),
        nextOffset: z.number().optional().describe('Where to read on; absent at the end'),
      }),
      annotations: { readOnlyHint: true, openWorldHint: false },
      run: ({ path: file, offset, maxBytes }) => root.read(file, { offset, maxBytes }),
    }),
    defineTool({
      name: 'list_files',
      title: 'List a directory',
      description: 'Lists the files and directories in a directory, by name. Links are named, not followed.',
      input: z.object({ path: path.default('.') }),
      output: z.object({
        path: z.string(),
        entries: z.array(
          z.object({
            name: z.string(),
            type: z.enum(['file', 'directory', 'link', 'other']),
            sizeBytes: z.number(),
            modifiedAt: z.string(),
          }),
        ),
        truncated: z.boolean().describe('Whether there are more entries than were listed'),
      }),
      annotations: { readOnlyHint: true, openWorldHint: false },
      async run({ path: directory }) {
        const { entries, ...listing } = await root.list(directory);
        return { ...listing, entries: [...entries] };
      },
    }),
    defineTool({
      name: 'write_file',
      title: 'Write a file',
      description: 'Writes a whole text file. Readers see the old content or the new, never a mix.',
      input: z.object({
        path,
        text: z.string(),
        overwrite: z.boolean().default(false).describe('Replace the file if it exists'),
        createDirectories: z.boolean().default(false),
      }),
      output: z.object({ path: z.string(), sizeBytes: z.number(), created: z.boolean() }),
      annotations: { destructiveHint: true, idempotentHint: true, openWorldHint: false },
      run: ({ path: file, text, overwrite, createDirectories }) =>
        root.write(file, text, { overwrite, createDirectories }),
    }),
  ];
}
