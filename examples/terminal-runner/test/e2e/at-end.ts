import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const cleanups: (() => unknown)[] = [];

/**
 * Runs something when all tests of the file are done, last come first. For tests that run side by side: vitest cannot
 * tell which of them a call of `onTestFinished` belongs to.
 */
export function atEnd(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

afterAll(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A new directory, removed at the end. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'terminal-runner-'));
  atEnd(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
