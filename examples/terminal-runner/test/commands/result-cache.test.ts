import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, type Clock } from '@toolyard/core';
import { fakeClock } from '@toolyard/core/testing';
import type { ProcessExit } from '@toolyard/core/process';
import { describe, expect, test } from 'vitest';

import { createResultCache } from '../../src/output/result-cache.ts';
import { ann, bob, dataOf, eras, startServer, textOf, type Era } from './setup.ts';

/** All files were changed long ago. */
const later = () => fakeClock({ now: Date.now() + 60_000 });

async function start(era: Era, clock: Clock = later()) {
  const server = await startServer({ policy: { profile: 'readonly' }, clock });
  const caller = server.client({ era });
  const run = async (program: string, args: string[], more = {}) => {
    const { stdout, cached = false } = dataOf(await caller.call('run', { program, args, ...more }));
    return [stdout.text, cached];
  };
  return { ...server, caller, run };
}

describe.each(eras)('results of pure commands, for a %s client', (era) => {
  test('are kept while the files stay what they are', async () => {
    const { file, run } = await start(era);
    file('list', 'b\na\n');
    expect(await run('sort', ['list'])).toEqual(['a\nb\n', false]);
    expect(await run('sort', ['list'])).toEqual(['a\nb\n', true]);
    expect(await run('sort', ['-r', 'list'])).toEqual(['b\na\n', false]);
    expect(await run('sort', [], { stdin: 'd\nc\n' })).toEqual(['c\nd\n', false]);
    expect(await run('sort', [], { stdin: 'd\nc\n' })).toEqual(['c\nd\n', true]);
    expect(await run('sort', [], { stdin: 'f\ne\n' })).toEqual(['e\nf\n', false]);
  });

  test('a changed file gives a new answer, also one of the same size and date', async () => {
    const { file, root, run } = await start(era);
    const path = join(root, 'list');
    const date = new Date(2020, 1, 1);
    file('list', 'one');
    utimesSync(path, date, date);
    expect(await run('cat', ['list'])).toEqual(['one', false]);
    expect(await run('cat', ['list'])).toEqual(['one', true]);
    writeFileSync(path, 'two');
    utimesSync(path, date, date);
    expect(await run('cat', ['list'])).toEqual(['two', false]);
  });

  test('are each for their owner', async () => {
    const { client, file, run } = await start(era);
    file('list', 'x');
    await run('cat', ['list']);
    const other = await client({ era, as: bob }).call('run', { program: 'cat', args: ['list'] });
    expect(dataOf(other).cached).toBeUndefined();
    const own = await client({ era, as: ann }).call('run', { program: 'cat', args: ['list'] });
    expect(dataOf(own).cached).toBe(true);
  });

  test('a long one comes with its output again', async () => {
    const { caller } = await start(era);
    const command = { program: 'seq', args: ['5000'] };
    await caller.call('run', command);
    const again = await caller.call('run', command);
    const { cached, outputId } = dataOf(again);
    expect(cached).toBe(true);
    expect(textOf(again)).toContain(`id "${outputId}"`);
    const part = await caller.call('read_output', { id: outputId, fromLine: 2_500, lines: 1 });
    expect(textOf(part)).toContain('\n2500\n');
  });
});

test('failures, directories and other programs are not kept', async () => {
  const { file, root, run, caller } = await start('modern');
  file('list', 'x');
  mkdirSync(join(root, 'one'));
  mkdirSync(join(root, 'two'));
  for (let time = 0; time < 2; time++) {
    expect(await run('diff', ['-r', 'one', 'two'])).toEqual(['', false]);
    expect(await run('ls', ['one'])).toEqual(['', false]);
    expect(dataOf(await caller.call('run', { program: 'cmp', args: ['list', 'missing'] }))).toMatchObject({
      exitCode: 2,
    });
  }
  file('one/new', '');
  expect((await run('diff', ['-r', 'one', 'two']))[0]).toContain('Only in');
});

test('what changed a moment ago is not kept, for it may change again and look the same', async () => {
  const { file, run } = await start('modern', systemClock);
  file('list', 'x');
  expect(await run('cat', ['list'])).toEqual(['x', false]);
  expect(await run('cat', ['list'])).toEqual(['x', false]);
});

test('nothing is kept for longer than ten minutes', async () => {
  const clock = later();
  const { run } = await start('modern', clock);
  await run('seq', ['3']);
  await clock.advance(599_000);
  expect(await run('seq', ['3'])).toEqual(['1\n2\n3\n', true]);
  await clock.advance(2_000);
  expect(await run('seq', ['3'])).toEqual(['1\n2\n3\n', false]);
});

const exit = (text: string, more: Partial<ProcessExit> = {}): ProcessExit => {
  const stream = { tail: '', omittedBytes: 0, omittedLines: 0, isBinary: false };
  const stdout = { ...stream, head: text, totalBytes: Buffer.byteLength(text) };
  const stderr = { ...stream, head: '', totalBytes: 0 };
  return {
    exitCode: 0,
    signal: null,
    reason: 'exited',
    durationMs: 1,
    output: { stdout, stderr },
    ...more,
  };
};

async function prepared(args: readonly string[] = ['list']) {
  const { commands, file, root } = await startServer({ policy: { profile: 'readonly' } });
  file('list', 'x');
  const command = await commands.runner.prepare({ program: 'cat', args }, { owner: 'ann' });
  return { command, root };
}

describe('the cache', () => {
  test('forgets what changed while the command ran', async () => {
    const { command, root } = await prepared();
    const cache = createResultCache();
    const request = { owner: 'ann', command, clock: later() };
    await cache.get(request, async () => {
      writeFileSync(join(root, 'list'), 'y');
      return exit('x');
    });
    expect(await cache.get(request, async () => exit('y'))).toMatchObject({ isCached: false });
    expect(await cache.get(request, async () => exit('z'))).toEqual({ isCached: true, exit: exit('y') });
  });

  test.each([
    ['a failure', exit('', { exitCode: 1 })],
    ['a run that was ended', exit('', { reason: 'timedOut' })],
    ['64 KiB and more', exit('x'.repeat(65_537))],
  ])('does not keep %s', async (_what, ended) => {
    const { command } = await prepared();
    const cache = createResultCache();
    const request = { owner: 'ann', command, clock: later() };
    await cache.get(request, async () => ended);
    expect(await cache.get(request, async () => exit('new'))).toMatchObject({ isCached: false });
  });

  test('holds 256 results and drops the one unused for longest', async () => {
    const { command } = await prepared();
    const cache = createResultCache();
    const clock = later();
    const ask = (stdin: number) =>
      cache.get({ owner: 'ann', command: { ...command, stdin: String(stdin) }, clock }, async () => exit(''));
    for (let stdin = 0; stdin < 256; stdin++) await ask(stdin);
    expect(await ask(0)).toMatchObject({ isCached: true });
    await ask(256);
    expect(await ask(0)).toMatchObject({ isCached: true });
    expect(await ask(1)).toMatchObject({ isCached: false });
  });
});
