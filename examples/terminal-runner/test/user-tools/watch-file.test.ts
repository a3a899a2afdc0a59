import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger, type Clock } from '@toolyard/core';
import { fakeClock } from '@toolyard/core/testing';
import { expect, onTestFinished, test } from 'vitest';

import { watchFile } from '../../src/user-tools/watch-file.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

async function watchedFile() {
  const directory = join(temporaryDirectory(), 'inner');
  mkdirSync(directory);
  const path = join(directory, 'tools.json');
  writeFileSync(path, 'first');
  const fake = fakeClock();
  let pending = 0;
  const clock: Clock = {
    ...fake,
    after(delayMs, action) {
      pending += 1;
      const timer = fake.after(delayMs, () => {
        pending -= 1;
        action();
      });
      return timer;
    },
  };
  let changes = 0;
  const onChange = () => void (changes += 1);
  const stop = await watchFile(path, { clock, logger: silentLogger, onChange });
  onTestFinished(stop);
  /** Gives events of the system a moment to come, and looks. */
  const look = async (ms = 100) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await fake.advance(ms);
    return changes;
  };
  /** Resolves when the next look is due, so that the last one is over. */
  const untilDue = async () => {
    await expect.poll(() => pending, { interval: 2 }).toBe(1);
  };
  return { directory, path, look, stop, untilDue };
}

test('a file that is still being written is left alone', async () => {
  const { path, look, untilDue } = await watchedFile();
  for (let part = 0; part < 20; part += 1) {
    appendFileSync(path, 'more');
    await untilDue();
    expect(await look()).toBe(0);
    await untilDue();
  }
  await expect.poll(() => look()).toBe(1);
  for (let again = 0; again < 5; again += 1) expect(await look(5_000)).toBe(1);
});

test('other files of the directory are no changes', async () => {
  const { directory, look } = await watchedFile();
  for (let other = 0; other < 10; other += 1) {
    writeFileSync(join(directory, `${other}`), '');
    expect(await look()).toBe(0);
  }
});

test('a directory that is replaced is watched again', async () => {
  const { directory, path, look } = await watchedFile();
  renameSync(directory, `${directory}-old`);
  await expect.poll(() => look()).toBe(1);
  mkdirSync(directory);
  writeFileSync(path, 'second');
  await expect.poll(() => look(2_000)).toBe(2);
  writeFileSync(path, 'third, in the new directory');
  await expect.poll(() => look()).toBe(3);
  writeFileSync(join(`${directory}-old`, 'tools.json'), 'nobody reads this');
  expect(await look(5_000)).toBe(3);
});

test('nothing is looked at after the end', async () => {
  const { path, look, stop } = await watchedFile();
  appendFileSync(path, 'more');
  await look();
  stop();
  rmSync(path);
  for (let again = 0; again < 5; again += 1) expect(await look(5_000)).toBe(0);
});
