import { defineTool, type Tool } from '@toolyard/core';
import { z } from 'zod';

import type { SafeRoot } from '../files/safe-root.ts';

const path = z.string().describe('Relative to the file root: "notes/today.md"');

/** `read_file`, `list_files` and `write_file`, inside one root. */
export function fileTools(root: SafeRoot): Tool[] {
  return [readFile(root), listFiles(root), writeFile(root)];
}

function readFile(root: SafeRoot): Tool {
  return defineTool({
    name: 'read_file',
    title: 'Read a file',
    description:
      'Reads a text file. A long one comes in parts: while the result has a nextOffset, call again with it as offset.',
    input: z.object({
      path,
      offset: z.number().int().min(0).default(0).describe('The byte to start at'),
      maxBytes: z.number().int().min(1).optional().describe('At most so many bytes; default: 256 KiB'),
    }),
    output: z.object({
      path: z.string(),
      text: z.string(),
      sizeBytes: z.number().describe('Of the whole file'),
      offset: z.number(),
      nextOffset: z.number().optional().describe('Where to read on; absent at the end of the file'),
    }),
    annotations: { readOnlyHint: true, openWorldHint: false },
    run: ({ path: file, offset, maxBytes }) => root.read(file, { offset, maxBytes }),
  });
}

function listFiles(root: SafeRoot): Tool {
  return defineTool({
    name: 'list_files',
    title: 'List a directory',
    description: 'Lists what is in one directory, by name. Links are listed as links, not followed.',
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
      truncated: z.boolean().describe('Whether there is more than the 1,000 names listed'),
    }),
    annotations: { readOnlyHint: true, openWorldHint: false },
    async run({ path: directory }) {
      const { entries, ...listing } = await root.list(directory);
      return { ...listing, entries: [...entries] };
    },
  });
}

function writeFile(root: SafeRoot): Tool {
  return defineTool({
    name: 'write_file',
    title: 'Write a file',
    description:
      'Writes a whole text file, in one step: nobody reads a half-written one. Refuses to replace an existing file unless overwrite is true.',
    input: z.object({
      path,
      text: z.string().describe('The new content, all of it'),
      overwrite: z.boolean().default(false).describe('Replace the file if it exists'),
      createDirectories: z.boolean().default(false).describe('Make directories of the path that are missing'),
    }),
    output: z.object({ path: z.string(), sizeBytes: z.number(), created: z.boolean() }),
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    run: ({ path: file, text, ...options }) => root.write(file, text, options),
  });
}
