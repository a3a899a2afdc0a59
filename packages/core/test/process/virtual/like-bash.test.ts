import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { open } from './virtual.ts';

const files = { a: 'A\n', 'd/x': 'X\n', 'e/f/g': 'G\n' };
const names = ['a', 'b', 'd', 'd/x', 'd/y', 'e', 'e/f', 'e/f/g', 'n', 'n/m'];

/** Prints the whole tree, with the content of its files. */
const SHOW =
  'find . | sort | while read f; do if [ -d "$f" ]; then echo "$f/"; else echo "$f=$(cat "$f")"; fi; done';

const name = fc.constantFrom(...names);
const step = fc.oneof(
  fc
    .tuple(fc.constantFrom('rm', 'rm -r', 'rm -rf', 'mkdir', 'mkdir -p', 'rmdir', 'cat', 'touch'), name)
    .map(([command, path]) => `${command} ${path}`),
  fc
    .tuple(fc.nat(99), fc.constantFrom('tee', 'tee -a'), name)
    .map(([number, command, path]) => `echo ${number} | ${command} ${path} > /dev/null`),
  fc
    .tuple(fc.constantFrom('mv', 'cp', 'cp -r'), name, name)
    // Into itself: bash copies what it can and complains, the interpreter only complains.
    .filter(([, from, to]) => from !== to && !to.startsWith(`${from}/`))
    .map(([command, from, to]) => `${command} ${from} ${to}`),
);

test.skipIf(!existsSync('/bin/bash'))(
  'files end up as they do with bash, whatever is done to them',
  { timeout: 60_000 },
  async () => {
    const { executor } = await open(files);
    const lines = fc.array(step, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(lines, async (steps) => {
        const line = [...steps.map((each) => `{ ${each}; } 2> /dev/null < /dev/null`), SHOW].join('\n');
        const { output } = await executor.run({ line }, { owner: 'local' });
        expect(output.stdout.head).toBe(await inBash(line));
      }),
      // The tools are not ours: a fixed seed keeps their oddities out of everybody's day.
      { seed: 20_261_121, numRuns: process.env['TOOLYARD_PROOF'] ? 100 : 8 },
    );
  },
);

async function inBash(line: string): Promise<string> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'toolyard-bash-')));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  const { stdout } = await promisify(execFile)('/bin/bash', ['-c', line], {
    cwd: directory,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    timeout: 10_000,
  });
  return stdout;
}
