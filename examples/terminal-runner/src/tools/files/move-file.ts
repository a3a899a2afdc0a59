import { defineTool, type Tool } from '@toolyard/core';
import type { SafeRoots } from '@toolyard/core/process';
import { z } from 'zod';

import { writeErrors } from './error-codes.ts';
import { pathField, resultPath, TIMEOUT_MS, WRITES } from './fields.ts';

/** `move_file`: another name or place for a file or directory. */
export function moveFileTool(roots: SafeRoots): Tool {
  return defineTool({
    name: 'move_file',
    title: 'Move a file',
    description:
      'Moves or renames a file or a directory, also between workspaces. Missing directories on the way to the new place are made. An existing file is replaced only with overwrite: true, a directory never. The new path is that of the thing itself, not of the directory it goes into.',
    input: z.object({
      from: pathField(roots),
      to: pathField(roots),
      overwrite: z.boolean().default(false).describe('Replace an existing file'),
    }),
    output: z.object({ from: resultPath, to: resultPath, type: z.enum(['file', 'directory']) }),
    annotations: { ...WRITES, idempotentHint: false },
    timeoutMs: TIMEOUT_MS,
    errors: writeErrors('FILE_EXISTS', 'CROSS_DEVICE'),
    run: ({ from, to, overwrite }, { signal }) =>
      roots.move(from, to, { overwrite, createDirectories: true, signal }),
  });
}
