import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { filePlatform } from '../../../src/process/roots/platform.ts';
import type { SafeRoots } from '../../../src/process/roots/safe-roots.ts';
import { codeOf, fastDirectory, openPlaces } from './places.ts';

const ROUNDS = process.env['TOOLYARD_PROOF'] ? 10_000 : 500;

/** Another process exchanges what two names stand for, without a pause. */
const SWAPPER = `
  const { renameSync, rmSync, writeSync } = require('node:fs');
  const [one, other, aside] = process.argv.slice(1);
  for (let swaps = 0; ; swaps++) {
    renameSync(one, aside);
    // Where nothing is for a moment, the writer may make a directory.
    for (;;) {
      try { renameSync(other, one); break; } catch {}
      try { rmSync(one, { recursive: true, force: true }); } catch {}
    }
    renameSync(aside, other);
    if (swaps === 10) writeSync(1, 'swapping');
  }`;

/** @returns whether the other process is still at it. */
async function swap(one: string, other: string): Promise<() => boolean> {
  const child = spawn(process.execPath, ['-e', SWAPPER, one, other, `${one}.aside`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  await once(child.stdout, 'data');
  return () => child.exitCode === null && child.signalCode === null;
}

/** A directory `dir` and a link `trap` out of the root, that change places; both sides hold a file of the same name. */
async function begin(platform = filePlatform()) {
  const places = await openPlaces({ platform }, fastDirectory);
  const target = join(places.outside, 'target');
  const [directory, trap] = [join(places.root, 'dir'), join(places.root, 'trap')];
  mkdirSync(join(directory, 'sub'), { recursive: true });
  mkdirSync(join(target, 'sub'), { recursive: true });
  for (const place of [target, join(target, 'sub')]) writeFileSync(join(place, 'file'), 'sesame');
  for (const place of [directory, join(directory, 'sub')]) writeFileSync(join(place, 'file'), 'mine');
  symlinkSync(target, trap);
  return { ...places, target, isSwapping: await swap(directory, trap) };
}

/** What an attempt came to: what was read, `done`, or the code of its error. */
const outcomeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then((result) => (typeof result === 'string' ? result : 'done'), codeOf);

type Attempt = (files: SafeRoots, index: number) => Promise<unknown>;

const always: readonly Attempt[] = [
  (files, index) => files.write(`dir/new-${index % 20}`, 'x'),
  (files) => files.read('dir/file').then(({ text }) => text),
];

/** Waits long enough between two steps for the other process to come in between. */
const pause = () => new Promise((resolve) => setImmediate(resolve));

async function writeInPieces(files: SafeRoots, path: string, append: boolean): Promise<string> {
  await using writer = await files.openWrite(path, { append });
  await writer.write(Buffer.from('x'));
  await pause();
  await writer.commit();
  return 'placed';
}

async function readAsStream(files: SafeRoots, path: string): Promise<string> {
  await using reader = await files.openRead(path);
  return `stream of ${String(await reader.stream().toArray())}`;
}

const others: readonly Attempt[] = [
  (files, index) => writeInPieces(files, `dir/piecewise-${index % 20}`, false),
  (files) => writeInPieces(files, 'dir/log', true),
  (files) => readAsStream(files, 'dir/file'),
  (files, index) => files.write(`dir/once-${index % 100}`, 'x', { overwrite: false }),
  (files, index) => files.write(`dir/made-${index % 20}/deep`, 'x', { createDirectories: true }),
  (files) => files.write('dir/file', 'mine'),
  (files) => files.edit('dir/file', [{ find: 'sesame', replace: 'found' }]),
  (files) => files.read('dir/sub/file').then(({ text }) => text),
  (files) => files.search({ text: 'sesame' }).then(({ matches }) => (matches[0] ? 'sesame' : 'nothing')),
  (files) => files.info('dir/sub/file').then(({ sizeBytes }) => (sizeBytes === 6 ? 'sesame' : 'mine')),
  (files) =>
    files.move('dir/sub/file', 'dir/sub/moved').then(() => files.move('dir/sub/moved', 'dir/sub/file')),
  (files) => files.list('dir', { depth: 2 }).then(({ path }) => path),
];

test(`nothing outside is read or changed in ${ROUNDS} rounds while a directory is swapped for a link`, async () => {
  const { files, target, isSwapping } = await begin();
  const outcomes = new Set<string>();
  const wanted = ['mine', 'done', 'placed', 'stream of mine', 'PATH_OUTSIDE_ROOT'];
  // On a busy machine it takes longer until all were met.
  for (
    let index = 0;
    index < ROUNDS || (!wanted.every((outcome) => outcomes.has(outcome)) && index < 50_000);
    index++
  )
    for (const attempt of [...always, others[index % others.length]!])
      outcomes.add(await outcomeOf(attempt(files, index)));
  expect(readdirSync(target).toSorted()).toEqual(['file', 'sub']);
  expect(readdirSync(join(target, 'sub'))).toEqual(['file']);
  expect(readFileSync(join(target, 'file'), 'utf8')).toBe('sesame');
  expect([...outcomes]).toEqual(expect.arrayContaining(wanted));
  expect([...outcomes].join(' ')).not.toContain('sesame');
  expect(isSwapping()).toBe(true);
}, 600_000);

test('where directories are reached by path, nothing is read and no content is written outside', async () => {
  const { files, target, isSwapping } = await begin(filePlatform('linux', false));
  const outcomes = new Set<string>();
  for (let index = 0; index < 500; index++)
    for (const attempt of [...always, others[index % others.length]!])
      outcomes.add(await outcomeOf(attempt(files, index)));
  const strangers = readdirSync(target, { recursive: true, withFileTypes: true }).filter(
    ({ name, parentPath }) =>
      name !== 'file' &&
      statSync(join(parentPath, name)).isFile() &&
      statSync(join(parentPath, name)).size > 0,
  );
  expect(strangers).toEqual([]);
  expect(readFileSync(join(target, 'file'), 'utf8')).toBe('sesame');
  expect(outcomes).toContain('PATH_OUTSIDE_ROOT');
  expect([...outcomes].join(' ')).not.toContain('sesame');
  expect(isSwapping()).toBe(true);
}, 600_000);

test('a file swapped for a link out of the root is never read or written through', async () => {
  const { files, root, outside } = await openPlaces({}, fastDirectory);
  writeFileSync(join(root, 'file'), 'mine');
  symlinkSync(join(outside, 'secret'), join(root, 'trap'));
  const isSwapping = await swap(join(root, 'file'), join(root, 'trap'));
  const outcomes = new Set<string>();
  for (let index = 0; index < ROUNDS; index++) {
    outcomes.add(await outcomeOf(files.read('file').then(({ text }) => text)));
    outcomes.add(await outcomeOf(readAsStream(files, 'file')));
    outcomes.add(await outcomeOf(files.edit('file', [{ find: 'sesame', replace: 'found' }])));
    outcomes.add(
      await outcomeOf(
        files.search({ text: 'sesame' }).then(({ matches }) => (matches[0] ? 'sesame' : 'nothing')),
      ),
    );
  }
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('sesame');
  expect(outcomes).toContain('mine');
  expect(outcomes).toContain('stream of mine');
  expect([...outcomes].join(' ')).not.toContain('sesame');
  expect(outcomes).not.toContain('done');
  expect(isSwapping()).toBe(true);
}, 600_000);
