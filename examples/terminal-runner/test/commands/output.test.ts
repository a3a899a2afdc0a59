import { join } from 'node:path';
import { captureOutput, fileArtifactStore } from '@toolyard/core/process';
import { describe, expect, onTestFinished, test } from 'vitest';

import { artifactSink } from '../../src/output/artifact-sink.ts';
import { RecentOutput } from '../../src/output/recent-output.ts';
import { CAPTURE, showOutput, showStream, WHOLE_CHARACTERS } from '../../src/output/show-output.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

async function captured(stdout: string, stderr = '') {
  const capture = captureOutput(CAPTURE);
  await capture.write('stdout', Buffer.from(stdout));
  await capture.write('stderr', Buffer.from(stderr));
  return capture.end();
}

const lines = (length: number) => 'a line of some 30 characters\n'.repeat(length / 29);

async function openStore(options: { maxBytesPerOwner?: number } = {}) {
  const store = fileArtifactStore({ directory: join(temporaryDirectory(), 'artifacts'), ...options });
  onTestFinished(() => store.close());
  const writer = await store.create('ann');
  const read = async () => (await store.read('ann', writer.id)).text;
  return { store, writer, read };
}

describe('showing output', () => {
  test('what is short is whole in both forms', async () => {
    const half = 'é'.repeat(WHOLE_CHARACTERS / 2);
    const { text, stdout, stderr } = showOutput(await captured(half, half), undefined);
    expect(text).toBe(`${half}\n[stderr]\n${half}`);
    expect([stdout.text, stderr.text]).toEqual([half, half]);
    expect(stdout.omittedBytes + stderr.omittedBytes).toBe(0);
  });

  test.each([
    ['two long streams', 300_000, 300_000],
    ['a long stdout', 300_000, 100],
    ['a long stderr', 0, 300_000],
    ['a stdout that only the text holds', 11_000, 50],
  ])('%s share a budget, and nothing is counted twice', async (_what, out, errors) => {
    const output = await captured(lines(out), lines(errors));
    const shown = showOutput(output, 'more');
    const { stdout, stderr } = shown;
    expect(shown.text.length + stdout.text.length + stderr.text.length).toBeLessThan(16_400);
    expect(stdout.text.length + stderr.text.length).toBeGreaterThan(3_000);
    for (const [stream, { totalBytes }] of [
      [stdout, output.stdout],
      [stderr, output.stderr],
    ] as const) {
      expect(stream.totalBytes).toBe(totalBytes);
      const visible = stream.text.replace(/\[… \d+ bytes left out …\]\n/, '');
      expect(Buffer.byteLength(visible) + stream.omittedBytes).toBe(totalBytes);
    }
  });

  test('no character is cut in two', async () => {
    const { stdout } = await captured('🙂'.repeat(5_000));
    for (let maxChars = 1_000; maxChars < 1_010; maxChars++) {
      const { text, totalBytes, omittedBytes } = showStream(stdout, maxChars);
      expect(text.isWellFormed()).toBe(true);
      const visible = text.replace(/\n?\[… \d+ bytes left out …\]\n/, '');
      expect(Buffer.byteLength(visible) + omittedBytes).toBe(totalBytes);
    }
  });
});

describe('the recent output', () => {
  test('gives what is between positions, as far as it is there, in whole characters', () => {
    const recent = new RecentOutput();
    expect(recent.between(0, 10)).toEqual({ text: '', from: 0 });
    recent.add('aé');
    recent.add('€🙂b');
    expect(recent.end).toBe(11);
    expect(recent.between(0, 11)).toEqual({ text: 'aé€🙂b', from: 0 });
    expect(recent.between(2, 11)).toEqual({ text: '€🙂b', from: 3 });
    expect(recent.between(6, 10)).toEqual({ text: '🙂', from: 6 });
    expect(recent.between(50, 60)).toEqual({ text: '', from: 11 });
  });

  test('keeps the last 64 KiB of whatever comes, and positions stay right', () => {
    const recent = new RecentOutput();
    let all = '';
    for (let step = 0; step < 400; step++) {
      const piece = `${step} ${'é€🙂x'.repeat((step * 37) % 200)}\n`;
      all += piece;
      recent.add(piece);
    }
    const bytes = Buffer.from(all);
    expect(recent.end).toBe(bytes.length);
    const kept = recent.between(0, recent.end);
    expect(Buffer.byteLength(kept.text)).toBeGreaterThan(64 * 1024 - 4);
    expect(Buffer.byteLength(kept.text)).toBeLessThanOrEqual(128 * 1024);
    expect(all.endsWith(kept.text)).toBe(true);
    for (let at = all.length - 2_000; at < all.length; at += 7) {
      if (/[\udc00-\udfff]/.test(all[at]!)) continue;
      const position = Buffer.byteLength(all.slice(0, at));
      expect(recent.charactersAt(position)).toBe(at);
      expect(recent.bytesAt(at)).toBe(position);
    }
  });

  test('one piece may be larger than all that is kept', () => {
    const recent = new RecentOutput();
    recent.add('start');
    recent.add(`${'x'.repeat(200_000)}end`);
    const { text, from } = recent.between(0, recent.end);
    expect(recent.end).toBe(200_008);
    expect(text.endsWith('xend')).toBe(true);
    expect(from + text.length).toBe(recent.end);
  });
});

describe('writing into an artifact', () => {
  test('pieces arrive in order, and are there after a flush', async () => {
    const { writer, read } = await openStore();
    const sink = artifactSink(writer);
    let all = '';
    for (let step = 0; step < 1_000; step++) {
      void sink.add(`${step}\n`);
      all += `${step}\n`;
    }
    await sink.flush();
    expect(await read()).toBe(all);
    await sink.end();
    expect(await read()).toBe(all);
  });

  test('holds back whoever writes faster than the disk', async () => {
    const { writer } = await openStore();
    const sink = artifactSink(writer);
    expect(sink.add('x')).toBeUndefined();
    const held = sink.add('x'.repeat(300_000));
    expect(held).toBeInstanceOf(Promise);
    await held;
    expect(sink.add('x')).toBeUndefined();
    await sink.end();
  });

  test('stops at its bound, and says what is missing', async () => {
    const { writer, read } = await openStore();
    const sink = artifactSink(writer, { maxBytes: 10 });
    for (const piece of ['12345', '67890', 'abc', 'd']) {
      void sink.add(piece);
      await sink.flush();
    }
    await sink.end();
    expect(await read()).toBe('1234567890\n[… 4 bytes were not kept: at most 10 bytes are …]\n');
  });

  test('says so where the store has no room', async () => {
    const { writer, read } = await openStore({ maxBytesPerOwner: 400 });
    const sink = artifactSink(writer);
    void sink.add('first\n');
    await sink.flush();
    void sink.add('x'.repeat(500));
    await sink.flush();
    void sink.add('after a gap');
    await sink.end();
    const text = await read();
    expect(text).toMatch(/^first\n\n\[… 511 bytes were not kept: /);
  });

  test('an artifact that was deleted meanwhile disturbs nobody', async () => {
    const { store, writer } = await openStore();
    const sink = artifactSink(writer);
    await store.delete('ann', writer.id);
    void sink.add('late');
    await sink.end();
    expect(await store.list('ann')).toEqual([]);
  });
});
