import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { captureOutput } from '../../../src/process/output/capture-output.ts';
import type {
  CapturedOutput,
  CapturedStream,
  CaptureOptions,
} from '../../../src/process/output/output-capture.ts';
import { redactor } from '../../../src/redaction/redactor.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'capture-test-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Captures bytes, cut into pieces of the given lengths over and over; with the file's text. */
async function capture(
  bytes: Buffer | string,
  options: CaptureOptions = {},
  lengths: readonly number[] = [1e9],
) {
  const whole = Buffer.from(bytes);
  let told = '';
  const output = captureOutput({
    spillDirectory: directory,
    onText: ({ text }) => void (told += text),
    ...options,
  });
  for (let from = 0, index = 0; from < whole.length; index++) {
    const length = Math.max(1, lengths[index % lengths.length]!);
    await output.write('stdout', whole.subarray(from, from + length));
    from += length;
  }
  const captured = await output.end();
  const file = captured.spilled && (await readFile(captured.spilled.path, 'utf8'));
  await output.discard();
  return { captured, told, file, ...captured.stdout };
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}

function shownOf({ stdout }: CapturedOutput): CapturedStream {
  return stdout;
}

describe('any way to cut the output', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '\r',
      '\n',
      '\r\n',
      '\u001B[31m',
      '\u001B]0;title\u0007',
      '\u001B]8;;x\u001B\\',
      '\u001B',
      '\u009B1m',
      '10%\r',
      '😀',
      'é',
      ' ',
    ),
    fc.string({ unit: 'grapheme', maxLength: 10 }),
    fc.constant('line of text\n'),
  );
  const bytes = fc.oneof(
    fc.array(piece, { maxLength: 60 }).map((parts) => Buffer.from(parts.join(''))),
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
  );
  const lengths = fc.array(fc.nat(12), { minLength: 1, maxLength: 30 });
  const small = { headBytes: 20, tailBytes: 50 };

  test('gives the same', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, lengths, async (whole, cuts) => {
        const inOne = await capture(whole, small);
        const inPieces = await capture(whole, small, cuts);
        expect(shownOf(inPieces.captured)).toEqual(shownOf(inOne.captured));
        expect(inPieces.told).toBe(inOne.told);
        expect(inPieces.file).toBe(inOne.file);
      }),
      { numRuns: 300 },
    );
  });

  test('keeps head, what is left out and tail adding up to what was told', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, lengths, async (whole, cuts) => {
        const { head, tail, totalBytes, omittedBytes, omittedLines, told } = await capture(
          whole,
          small,
          cuts,
        );
        expect(totalBytes).toBe(bytesOf(told));
        expect(bytesOf(head) + omittedBytes + bytesOf(tail)).toBe(totalBytes);
        expect(told.startsWith(head) && told.endsWith(tail)).toBe(true);
        const omitted = Buffer.from(told).subarray(bytesOf(head), totalBytes - bytesOf(tail));
        expect(omittedLines).toBe(omitted.toString().split('\n').length - 1);
        expect(bytesOf(head)).toBeLessThanOrEqual(20);
        expect(bytesOf(tail)).toBeLessThanOrEqual(50);
      }),
      { numRuns: 500 },
    );
  });
});

test('invalid bytes become U+FFFD, as in the whole text', async () => {
  const broken = Buffer.from([0x61, 0xff, 0xe2, 0x82, 0x62, 0xf0, 0x9f, 0x98]);
  const { head } = await capture(broken, {}, [1]);
  expect(head).toBe(broken.toString());
});

test('stdout and stderr are counted apart and told in the order they came', async () => {
  const told: string[] = [];
  const output = captureOutput({ onText: ({ stream, text }) => void told.push(`${stream} ${text}`) });
  await output.write('stdout', Buffer.from('one\n'));
  await output.write('stderr', Buffer.from('two\n'));
  await output.write('stdout', Buffer.from('three\n'));
  const { stdout, stderr, spilled } = await output.end();
  expect([stdout.head, stderr.head]).toEqual(['one\nthree\n', 'two\n']);
  expect(told).toEqual(['stdout one\n', 'stderr two\n', 'stdout three\n']);
  expect(spilled).toBe(undefined);
});

describe('escapes and progress', () => {
  test.each([
    ['colours', '\u001B[1;31mred\u001B[0m', 'red'],
    ['a title', '\u001B]0;the title\u0007text', 'text'],
    ['a link', '\u001B]8;;https://example.org\u001B\\link\u001B]8;;\u001B\\', 'link'],
    ['a character set', '\u001B(Btext', 'text'],
    ['one-byte sequences', '\u009B31mred\u009D0;title\u009C!', 'red!'],
    ['a device control string', '\u001BPq#0;2\u001B\\after', 'after'],
    ['an escape at the end', 'text\u001B', 'text'],
    ['a bell', 'ding\u0007', 'ding'],
    ['a title without an end loses its introducer only', '\u001B]0;never\nnext', '0;never\nnext'],
  ])('%s', async (_what, written, shown) => {
    expect((await capture(written, {}, [1])).head).toBe(shown);
  });

  test.each([
    [
      'the first, the doubled and the last states of a progress line',
      '1\r2\r3\r4\r5\r6\r7\r8\r9\r10\n',
      '1\n2\n4\n8\n10\n',
    ],
    ['line ends of Windows', 'one\r\ntwo\r\n', 'one\r\ntwo\r\n'],
    ['no line that was only wiped out', 'working\r       \rdone\n', 'working\ndone\n'],
    ['the last state without a line end', 'a\rb\rc', 'a\nb\nc'],
    ['a line end after several returns', 'a\r\r\nb', 'a\r\nb'],
  ])('keeps %s', async (_what, written, shown) => {
    expect((await capture(written)).head).toBe(shown);
  });

  test('a prompt that is drawn anew is told at once', async () => {
    const told: string[] = [];
    const output = captureOutput({ onText: ({ text }) => void told.push(text) });
    await output.write('stdout', Buffer.from('loading'));
    await output.write('stdout', Buffer.from('\rname: '));
    expect(told.join('')).toBe('loading\nname: ');
    await output.end();
  });

  test('a thousand states take some ten lines', async () => {
    const bar = Array.from({ length: 1000 }, (_, step) => `${step / 10} %`).join('\r');
    const { head } = await capture(`${bar}\nend\n`, {}, [7]);
    expect(head.split('\n')).toHaveLength(13);
    expect(head.endsWith('99.9 %\nend\n')).toBe(true);
  });

  test('are kept where asked', async () => {
    const written = '\u001B[31m1\r2\r3\r4\n';
    expect((await capture(written, { ansi: 'keep' })).head).toBe(written);
  });
});

test('tells binary from text by its start', async () => {
  expect((await capture(Buffer.from([1, 2, 0, 3]))).isBinary).toBe(true);
  expect((await capture(Buffer.alloc(100, 0xfe))).isBinary).toBe(true);
  expect((await capture(Buffer.from('Grüße, naïve café', 'latin1'))).isBinary).toBe(false);
  expect((await capture('text \u001B[31m with colours and 😀')).isBinary).toBe(false);
  expect((await capture(`${'text'.repeat(3000)}\0`)).isBinary).toBe(false);
  expect((await capture('')).isBinary).toBe(false);
});

describe('secrets', () => {
  const secret = 'hunter2-hunter2';
  const masking = redactor({ secrets: [secret] });

  test('appear nowhere, however they were written', async () => {
    const text = `key ${secret} and \u001B[1mhunter2\u001B[0m-hunter2\n`.repeat(2000);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
        async (cuts) => {
          const { captured, told, file } = await capture(
            text,
            { redactor: masking, headBytes: 500, tailBytes: 500 },
            cuts,
          );
          for (const place of [told, file, JSON.stringify(captured)]) {
            expect(place).toContain('[redacted]');
            expect(place).not.toContain('hunter2');
          }
        },
      ),
      { numRuns: 10 },
    );
  });

  test('the start of one is not in a snapshot', async () => {
    const output = captureOutput({ redactor: masking });
    await output.write('stdout', Buffer.from('key hunter2-hun'));
    expect(output.snapshot().stdout.head).toBe('key ');
    await output.write('stdout', Buffer.from('ter2\n'));
    expect(output.snapshot().stdout.head).toBe('key [redacted]\n');
    await output.write('stdout', Buffer.from('the end'));
    expect(output.snapshot().stdout.head).toBe('key [redacted]\nthe ');
    expect((await output.end()).stdout.head).toBe('key [redacted]\nthe end');
  });
});

describe('the file', () => {
  const large = 'a line of text\n'.repeat(40_000);

  test('holds everything, for this user alone, and goes when discarded', async () => {
    const output = captureOutput();
    await output.write('stdout', Buffer.from(large));
    const { stdout, spilled } = await output.end();
    expect(stdout.omittedBytes).toBe(large.length - 65_536 - 262_144);
    expect(spilled).toMatchObject({ bytes: large.length, truncated: false });
    expect(await readFile(spilled!.path, 'utf8')).toBe(large);
    expect((await stat(spilled!.path)).mode & 0o777).toBe(0o600);
    const parent = join(spilled!.path, '..');
    expect((await stat(parent)).mode & 0o777).toBe(0o700);
    await output.discard();
    await expect(stat(parent)).rejects.toThrow('ENOENT');
  });

  test('stays with whoever has moved it', async () => {
    const output = captureOutput({ spillDirectory: directory });
    await output.write('stdout', Buffer.from(large));
    const { spilled } = await output.end();
    const { rename } = await import('node:fs/promises');
    const mine = join(directory, 'mine');
    await rename(spilled!.path, mine);
    await output.discard();
    expect(await readdir(directory)).toEqual(['mine']);
    await rm(mine);
  });

  test('ends at its limit with a whole character, while counting goes on', async () => {
    const { file, captured, totalBytes, tail } = await capture(
      'ü'.repeat(50_000),
      { maxSpillBytes: 40_001, headBytes: 10, tailBytes: 10 },
      [999],
    );
    expect(file).toBe('ü'.repeat(20_000));
    expect(captured.spilled).toMatchObject({ bytes: 40_000, truncated: true });
    expect(totalBytes).toBe(100_000);
    expect(tail).toBe('ü'.repeat(5));
  });

  test('is not made where none is wanted', async () => {
    const { captured } = await capture(large, { maxSpillBytes: 0 });
    expect(captured.spilled).toBe(undefined);
    expect(captured.spillError).toBe(undefined);
  });

  test('is not made where others could look', async () => {
    const open = join(directory, 'open');
    await mkdir(open);
    await chmod(open, 0o755);
    const { captured, totalBytes } = await capture(large, { spillDirectory: open });
    expect(captured.spillError).toMatchObject({ code: 'DIRECTORY_NOT_PRIVATE' });
    expect(captured.spilled).toBe(undefined);
    expect(totalBytes).toBe(large.length);
    expect(await readdir(open)).toEqual([]);
    await rm(open, { recursive: true });
  });

  test('that cannot be made does not end the capture', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    const { captured, totalBytes } = await capture(large, { spillDirectory: file });
    expect(captured.spillError).toBeInstanceOf(Error);
    expect(totalBytes).toBe(large.length);
    await rm(file);
  });
});

test('a chunk of any size lets other work have its turn', async () => {
  const output = captureOutput({ maxSpillBytes: 0, redactor: redactor() });
  let turns = 0;
  const count = () => {
    turns += 1;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  await output.write('stdout', Buffer.alloc(8 * 1024 * 1024, 'some words and more\n'));
  clearImmediate(timer);
  expect(turns).toBeGreaterThan(20);
  await output.discard();
});

test('what comes during a large chunk comes after it', async () => {
  const output = captureOutput({ maxSpillBytes: 0 });
  const first = output.write('stdout', Buffer.alloc(1_000_000, 'x'));
  const second = output.write('stdout', Buffer.from('the end'));
  await Promise.all([first, second]);
  expect(output.snapshot().stdout.tail.endsWith('xxthe end')).toBe(true);
  await output.end();
});

test('a listener that is slow holds the writer, one that throws does not', async () => {
  let release: (() => void) | undefined;
  const slow = captureOutput({ onText: () => new Promise((resolve) => (release = resolve)) });
  let done = false;
  const written = Promise.resolve(slow.write('stdout', Buffer.from('a\n'))).then(() => (done = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toBe(false);
  release!();
  await written;
  await slow.end();

  const failing = captureOutput({
    onText() {
      throw new Error('no');
    },
  });
  expect(failing.write('stdout', Buffer.from('a\n'))).toBe(undefined);
  expect((await failing.end()).stdout.head).toBe('a\n');
});

test('nothing is taken after the end', async () => {
  const output = captureOutput();
  await output.write('stdout', Buffer.from('before'));
  const ended = await output.end();
  await output.write('stdout', Buffer.from('after'));
  expect(await output.end()).toEqual(ended);
  expect(output.snapshot().stdout.head).toBe('before');
});

test.each([{ headBytes: 0 }, { tailBytes: 1.5 }, { maxSpillBytes: -1 }, { ansi: 'colour' as 'keep' }])(
  'refuses %o',
  (options) => {
    expect(() => captureOutput(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  },
);

test.runIf(process.env['TOOLYARD_PROOF'])(
  '1 GiB takes at most 30 MB of memory and holds nobody up for 50 ms',
  { timeout: 180_000 },
  async () => {
    const chunk = Buffer.alloc(65_536, 'some words of output, and more of them 0123456789\n');
    const output = captureOutput({
      spillDirectory: directory,
      redactor: redactor({ secrets: ['hunter2-hunter2'] }),
    });
    // The time of a processor, not that on the wall: other programs run here too.
    const heldUpMs: number[] = [];
    const writeTurns = async (count: number) => {
      for (let turn = 0; turn < count; turn++) {
        const before = process.cpuUsage();
        const written = [1, 2, 3, 4].map(() => output.write('stdout', chunk));
        const { user, system } = process.cpuUsage(before);
        heldUpMs.push((user + system) / 1000);
        for (const accepted of written) await accepted;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await writeTurns(256);
    const before = process.memoryUsage().rss;
    let highest = before;
    for (let round = 0; round < 15; round++) {
      await writeTurns(256);
      highest = Math.max(highest, process.memoryUsage().rss);
    }
    const { stdout, spilled } = await output.end();
    await output.discard();
    expect(stdout.totalBytes).toBe(2 ** 30);
    expect(spilled).toMatchObject({ bytes: 64 * 1024 * 1024, truncated: true });
    expect((highest - before) / 1e6).toBeLessThan(30);
    expect(heldUpMs.toSorted((a, b) => a - b)[Math.floor(heldUpMs.length * 0.99)]).toBeLessThan(50);
  },
);
