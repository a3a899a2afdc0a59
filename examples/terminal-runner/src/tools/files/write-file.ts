import { defineTool, isToolError, ToolError, type Tool } from '@toolyard/core';
import type { SafeRoots } from '@toolyard/core/process';
import { z } from 'zod';

import { writeErrors } from './error-codes.ts';
import { expectedHashField, hashField, pathField, resultPath, TIMEOUT_MS, WRITES } from './fields.ts';

const MAX_CHARACTERS = 4 * 1024 * 1024;

/** `write_file`: a whole text file. */
export function writeFileTool(roots: SafeRoots): Tool {
  return defineTool({
    name: 'write_file',
    title: 'Write a file',
    description: [
      'Writes a whole text file in one step: others see the old content or the new one. Missing directories are made.',
      'A file that exists is replaced only with its expectedHash, or with overwrite: true. To change a part of a file use edit_file.',
      'What other programs trust or run by themselves (.git, .vscode, shell start files) and what holds secrets (.env) is not written. Links are not followed.',
    ].join(' '),
    input: z.object({
      path: pathField(roots),
      content: z.string().max(MAX_CHARACTERS).describe('The new content, all of it'),
      expectedHash: expectedHashField,
      overwrite: z.boolean().default(false).describe('Replace the file, whatever it holds'),
    }),
    output: z.object({
      path: resultPath,
      sizeBytes: z.int(),
      hash: hashField,
      created: z.boolean().describe('Whether there was no such file before'),
    }),
    annotations: { ...WRITES, idempotentHint: true },
    timeoutMs: TIMEOUT_MS,
    errors: writeErrors('FILE_EXISTS', 'HASH_MISMATCH', 'CONTENT_INVALID'),
    async run({ path, content, expectedHash, overwrite }, { signal }) {
      const options = {
        expectedHash,
        overwrite: overwrite || expectedHash !== undefined,
        createDirectories: true,
        signal,
      };
      try {
        return await roots.write(path, content, options);
      } catch (error) {
        if (!isToolError(error) || error.code !== 'FILE_EXISTS') throw error;
        const advice = 'To replace it, read it and pass its hash as expectedHash, or set overwrite: true.';
        throw new ToolError(error.code, `${error.message} ${advice}`, { cause: error });
      }
    },
  });
}
