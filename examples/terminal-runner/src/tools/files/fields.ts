import type { SafeRoots } from '@toolyard/core/process';
import { z } from 'zod';

/** What one result shows. */
export const MAX_SHOWN = 16_000;

/** How long one call may take; searching ends by itself before. */
export const TIMEOUT_MS = 30_000;

export const READS = { readOnlyHint: true, openWorldHint: false } as const;
export const WRITES = { readOnlyHint: false, destructiveHint: true, openWorldHint: false } as const;

/** The argument for a path. */
export function pathField({ roots: [first, other] }: SafeRoots, example = 'src/a.ts') {
  const elsewhere = other ? ` In another workspace with its name: "${other.name}:${example}".` : '';
  return z
    .string()
    .min(1)
    .max(4_096)
    .describe(`Relative to the workspace "${first?.name}" ("${example}"), or absolute in it.${elsewhere}`);
}

/** The workspaces, for the description of a tool: `Workspaces: work (default), docs (read-only).` */
export function describeWorkspaces({ roots }: SafeRoots): string {
  const texts = roots.map(({ name, writable }, index) => {
    const facts = [...(index === 0 ? ['default'] : []), ...(writable ? [] : ['read-only'])];
    return facts.length === 0 ? name : `${name} (${facts.join(', ')})`;
  });
  return `Workspaces: ${texts.join(', ')}.`;
}

/** The argument for globs. */
export function globsField(description: string) {
  return z.array(z.string().min(1).max(500)).max(50).optional().describe(description);
}

export const resultPath = z.string().describe('To be used as it is in other calls');

export const hashField = z.string().describe('SHA-256 of the content, for expectedHash of a later change');

export const expectedHashField = z
  .string()
  .regex(/^[\da-fA-F]{64}$/)
  .optional()
  .describe('The hash that read_file gave: refuses when the file has changed since');

/** A path in a line of text: one that could pass for something else is quoted. */
export function shownPath(path: string): string {
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(path) ? JSON.stringify(path) : path;
}

/** `1 file`, `2 files`. */
export function countText(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
