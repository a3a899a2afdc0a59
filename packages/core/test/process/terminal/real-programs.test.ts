import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect, onTestFinished, test } from 'vitest';
import { command, open, shell, soon } from './programs.ts';

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'toolyard-terminal-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

test('a file is edited in vi', async () => {
  const file = join(directory(), 'note.txt');
  writeFileSync(file, 'first\nsecond\n');
  const vi = await open(command('vi', file));
  await vi.wait({ pattern: '^first$' }, soon);
  await expect.poll(() => vi.screen()).toMatchObject({ isAlternate: true, cursor: { row: 1, column: 1 } });
  vi.sendKeys([{ key: 'ArrowDown' }, { text: 'Aand third' }, { key: 'Escape' }]);
  await vi.wait({ text: 'secondand third' }, soon);
  vi.sendKeys([{ text: ':wq' }, { key: 'Enter' }]);
  expect(await vi.exited).toMatchObject({ exitCode: 0 });
  expect(readFileSync(file, 'utf8')).toBe('first\nsecondand third\n');
  expect(vi.screen().isAlternate).toBe(false);
});

test('a long file is paged in less', async () => {
  const file = join(directory(), 'long.txt');
  writeFileSync(file, Array.from({ length: 500 }, (_, index) => `line ${index + 1}`).join('\n'));
  const less = await open(command('less', file), { rows: 11 });
  await less.wait({ text: 'line 10' }, soon);
  less.sendKeys([{ key: 'PageDown' }]);
  await less.wait({ pattern: '^line 20$' }, soon);
  less.sendKeys([{ text: '/line 333\n' }]);
  await less.wait({ pattern: '^line 342$' }, soon);
  expect(less.screen().lines[0]).toBe('line 333');
  less.sendKeys([{ text: 'q' }]);
  expect(await less.exited).toMatchObject({ exitCode: 0 });
});

test('top draws and quits', async () => {
  const top = await open(command('top'), { columns: 120 });
  await top.wait({ pattern: 'PID +USER' }, soon);
  top.sendKeys([{ text: 'q' }]);
  expect(await top.exited).toMatchObject({ exitCode: 0 });
});

test('a language is spoken with', async () => {
  const python = await open(command('python3', '-i', '-q'));
  await python.wait({ text: '>>> ' }, soon);
  python.sendKeys([{ text: 'def double(n):\n    return n * 2\n\nprint("is", double(21))\n' }]);
  expect(await python.wait({ pattern: '^is 42$' }, soon)).toEqual({ reason: 'matched' });
  python.sendKeys([{ text: 'exit()\n' }]);
  expect(await python.exited).toMatchObject({ exitCode: 0 });
});

test('characters of many bytes are typed, echoed and erased whole', async () => {
  const cat = await open(command('cat'));
  cat.sendKeys([{ text: 'größe 漢字é' }, { key: 'Backspace' }, { text: '\n' }]);
  await cat.wait({ pattern: '漢字\n.*漢字$' }, soon);
  expect(cat.screen().lines[1]).toBe('größe 漢字');
});

test('a flood keeps the server responsive, its memory bounded, and can be interrupted', async () => {
  const yes = await open(command('yes', 'y'.repeat(200)));
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const before = process.memoryUsage().rss;
  delay.enable();
  await expect(yes.wait({ idleMs: 1_000 }, { timeoutMs: 2_000 })).resolves.toEqual({ reason: 'timedOut' });
  delay.disable();
  expect(delay.percentile(99) / 1e6).toBeLessThan(100);
  expect((process.memoryUsage().rss - before) / 1024 ** 2).toBeLessThan(100);
  expect(yes.screen()).toMatchObject({
    lines: expect.arrayContaining(['y'.repeat(80)]),
    scrollbackLines: 1_000,
  });
  yes.sendKeys([{ key: 'Ctrl+C' }]);
  expect(await yes.exited).toMatchObject({ signal: 'SIGINT', reason: 'exited' });
});

test('a file that is shown types nothing', async () => {
  const ask = String.raw`printf '\033[c\033[6n\033[5n'; read -r -t 1 answer; echo "got ${'${#answer}'}"`;
  const silent = await open(command('bash', '-c', ask));
  await silent.exited;
  expect(silent.screen().lines.join()).toContain('got 0');
});

test('queries are answered where that is wanted', async () => {
  const ask = String.raw`stty raw -echo; printf '\033[3;7H\033[6n'; head -c 6 | od -An -c`;
  const answered = await open(shell(ask), { answerQueries: true });
  await answered.exited;
  expect(answered.screen().lines.join().replaceAll(' ', '')).toContain('033[3;7R');
});

test('the end of a long output is there when the program has ended', async () => {
  const seq = await open(command('seq', '1', '300000'));
  await seq.exited;
  expect(seq.screen().lines.at(-1)).toBe('300000');
  expect(seq.screen({ scrollback: 2 }).scrollback).toEqual(['299976', '299977']);
});
