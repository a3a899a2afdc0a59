import { defineTool, type Tool } from '@toolyard/core';
import type { SafeRoots } from '@toolyard/core/process';
import { z } from 'zod';

import { readErrors } from './error-codes.ts';
import { hashField, pathField, READS, resultPath, TIMEOUT_MS } from './fields.ts';

/** `file_info`: what is known of a path without reading it. */
export function fileInfoTool(roots: SafeRoots): Tool {
  return defineTool({
    name: 'file_info',
    title: 'Look at a file',
    description:
      'Type, size, times, permissions and hash of a path, and whether read_file and write_file would take it. A link is described, not followed. Use it to see whether something exists or has changed; read_file gives the hash as well.',
    input: z.object({ path: pathField(roots) }),
    output: z.object({
      path: resultPath,
      root: z.string().describe('The workspace'),
      type: z.enum(['file', 'directory', 'link', 'other']),
      sizeBytes: z.int(),
      modifiedAt: z.string().describe('ISO 8601'),
      createdAt: z.string().describe('ISO 8601'),
      mode: z.string().describe('Permissions in octal: "644"'),
      readable: z.boolean().describe('Whether it may be read'),
      writable: z.boolean().describe('Whether it may be changed'),
      target: z.string().optional().describe('Where a link leads; absent when that is in no workspace'),
      isBinary: z.boolean().optional().describe('Of a file: whether it is something else than text'),
      hash: hashField.optional(),
    }),
    annotations: READS,
    timeoutMs: TIMEOUT_MS,
    errors: readErrors(),
    run: ({ path }, { signal }) => roots.info(path, { signal }),
  });
}
