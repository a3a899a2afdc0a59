import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openSafeRoots } from '../../../src/process/roots/safe-roots.ts';
import { temporaryDirectory } from './places.ts';

const ROUNDS = process.env['TOOLYARD_PROOF'] ? 40 : 8;
const SIZE = 2_000_000;

const source = JSON.stringify(
  pathToFileURL(join(import.meta.dirname, '../../../src/process/roots/safe-roots.ts')).href,
);
const open = `
  import { openSafeRoots } from ${source};
  const files = await openSafeRoots({ roots: [{ name: 'ws', path: process.argv[1], writable: true }] });`;
const writer = (code: string): string[] => [
  '--conditions=@toolyard/source',
  '--input-type=module',
  '-e',
  `${open}\n${code}`,
];

test('a writer that is killed leaves the old file or the new one, and what else it left goes away', async () => {
  const root = temporaryDirectory();
  const file = join(root, 'a');
  writeFileSync(file, 'a'.repeat(SIZE));
  let leftovers = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const child = spawn(
      process.execPath,
      [
        ...writer(`
          for (let turn = 0; ; turn++) {
            await files.write('a', 'abcdefgh'[turn % 8].repeat(${SIZE}));
            if (turn === 2) process.stdout.write('writing');
          }`),
        root,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    while (!readdirSync(root).some((name) => name.endsWith('.tmp')))
      await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGKILL');
    await exited;
    const text = readFileSync(file, 'utf8');
    expect(text.length).toBe(SIZE);
    expect(text).toBe(text[0]!.repeat(SIZE));
    leftovers += readdirSync(root).length - 1;
    for (const name of readdirSync(root)) utimesSync(join(root, name), new Date(0), new Date(0));
    const files = await openSafeRoots({ roots: [{ name: 'ws', path: root, writable: true }] });
    await files.write('a', 'a'.repeat(SIZE));
    expect(readdirSync(root)).toEqual(['a']);
  }
  // Otherwise no kill came in the middle, and the test has shown nothing.
  expect(leftovers).toBeGreaterThan(0);
}, 300_000);

test('a write the system cuts short leaves the old file and nothing else', () => {
  const root = temporaryDirectory();
  writeFileSync(join(root, 'a'), 'old');
  const code = `
    process.on('SIGXFSZ', () => {}); // so that the system refuses instead of killing
    const failures = [];
    const attempt = (work) => work.then(() => failures.push('done'), ({ code }) => failures.push(code));
    await attempt(files.write('a', 'x'.repeat(500_000)));
    await attempt(files.write('b', 'x'.repeat(500_000)));
    await attempt(files.write('c', 'x'.repeat(500_000), { overwrite: false }));
    await attempt(files.edit('a', [{ find: 'old', replace: 'x'.repeat(500_000) }]));
    for (const append of [false, true]) {
      const stream = await files.openWrite('a', { append });
      for (let chunk = 0; chunk < 4; chunk++) stream.write(Buffer.alloc(100_000)).catch(() => {});
      await attempt(stream.commit());
    }
    await attempt(files.write('small', 'x'));
    console.log(failures.join(' '));`;
  const { stdout, stderr } = spawnSync(
    '/bin/sh',
    ['-c', 'ulimit -f 100 && exec "$@"', 'sh', process.execPath, ...writer(code), root],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(stdout).toBe(`${'FILE_TOO_LARGE '.repeat(6)}done\n`);
  expect(readdirSync(root)).toEqual(['a', 'small']);
  expect(readFileSync(join(root, 'a'), 'utf8')).toBe('old');
});
