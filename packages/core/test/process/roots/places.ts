import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { filePlatform } from '../../../src/process/roots/platform.ts';
import {
  openSafeRoots,
  type SafeRoots,
  type SafeRootsOptions,
} from '../../../src/process/roots/safe-roots.ts';

/** A new directory, removed when the test ends. */
export function temporaryDirectory(parent: string = tmpdir()): string {
  const directory = mkdtempSync(join(realpathSync(parent), 'toolyard-roots-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A writable root `ws`, a read-only root `ref` and a directory outside with a secret, all side by side. */
export async function openPlaces(
  options: Partial<SafeRootsOptions> = {},
  parent?: string,
): Promise<{
  base: string;
  root: string;
  reference: string;
  outside: string;
  files: SafeRoots;
}> {
  const base = temporaryDirectory(parent);
  const [root, reference, outside] = [join(base, 'root'), join(base, 'reference'), join(base, 'outside')];
  for (const directory of [root, reference, outside]) mkdirSync(directory);
  writeFileSync(join(outside, 'secret'), 'sesame');
  const files = await openSafeRoots({
    roots: [
      { name: 'ws', path: root, writable: true },
      { name: 'ref', path: reference },
    ],
    ...options,
  });
  return { base, root, reference, outside, files };
}

/** Where flushing a file costs nothing, for tests that write often; the usual place where there is none. */
export const fastDirectory: string = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Both ways to reach directories: the one of Linux, and the one of systems that have no descriptor paths. */
export const ways = [
  ['through descriptors', filePlatform('linux')],
  ['through real paths', filePlatform('linux', false)],
] as const;

/** An error of this code, for `rejects.toThrow`. */
export function code(value: string): Error {
  return expect.objectContaining({ code: value }) as Error;
}

/** The code of an error, for collecting outcomes. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
