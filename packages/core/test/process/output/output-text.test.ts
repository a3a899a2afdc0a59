import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { captureOutput } from '../../../src/process/output/capture-output.ts';
import { outputText, type OutputTextOptions } from '../../../src/process/output/output-text.ts';
import { countLines, shortenText } from '../../../src/process/output/shorten-text.ts';

async function textOf(stdout: string | Buffer, stderr = '', options?: OutputTextOptions): Promise<string> {
  const capture = captureOutput({ maxSpillBytes: 0, headBytes: 1_000, tailBytes: 4_000 });
  await capture.write('stdout', Buffer.from(stdout));
  await capture.write('stderr', Buffer.from(stderr));
  return outputText(await capture.end(), options);
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('');

test('short output stays as it is', async () => {
  expect(await textOf('')).toBe('');
  expect(await textOf('one\ntwo')).toBe('one\ntwo');
  expect(await textOf('out', 'bad\n')).toBe('out\n[stderr]\nbad\n');
  expect(await textOf('', 'bad\n')).toBe('[stderr]\nbad\n');
});

test('long output keeps a fifth of its start and four fifths of its end, and says what is missing', async () => {
  const text = await textOf(numbered(1000), '', {
    maxChars: 100,
    more: 'read it with read_output, id "abc"',
  });
  expect(text).toBe(
    'line 1\nline 2\nline 3\n[… 8800 bytes in 990 lines left out; read it with read_output, id "abc" …]\n' +
      'line 993\nline 994\nline 995\nline 996\nline 997\nline 998\nline 999\nline 1000\n',
  );
});

test('lines are limited too', async () => {
  const text = await textOf(numbered(100), '', { maxLines: 10 });
  expect(text).toBe(
    'line 1\nline 2\n[… 713 bytes in 90 lines left out …]\n' +
      'line 93\nline 94\nline 95\nline 96\nline 97\nline 98\nline 99\nline 100\n',
  );
});

test('errors keep their share beside a flood of output, and leave over what they do not need', async () => {
  const flood = numbered(5000);
  const crowded = await textOf(flood, flood, { maxChars: 1000 });
  const [out, errors] = crowded.split('[stderr]\n') as [string, string];
  expect(errors.length).toBeGreaterThan(300);
  expect(out.length).toBeGreaterThan(500);
  const quiet = await textOf(flood, 'bad\n', { maxChars: 1000 });
  expect(quiet.length).toBeGreaterThan(950);
  expect(quiet.endsWith('[stderr]\nbad\n')).toBe(true);
});

test('binary output is named, not shown', async () => {
  expect(await textOf(Buffer.from([0, 1, 2]), '', { more: 'see the file' })).toBe(
    '[3 bytes that are not text; see the file]\n',
  );
});

test('both ends stay within the budget and never cut a character in two', () => {
  const text = fc.array(fc.oneof(fc.constantFrom('\n', '😀', 'word '), fc.string({ maxLength: 30 })), {
    maxLength: 80,
  });
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: 10, max: 300 }),
      fc.integer({ min: 2, max: 20 }),
      (parts, maxChars, maxLines) => {
        const whole = parts.join('').toWellFormed();
        const { head, tail } = shortenText(whole, { maxChars, maxLines });
        expect(head.length + tail.length).toBeLessThanOrEqual(maxChars);
        expect(countLines(head) + countLines(tail)).toBeLessThanOrEqual(maxLines + 1);
        expect(whole.startsWith(head) && whole.endsWith(tail)).toBe(true);
        expect(head.isWellFormed() && tail.isWellFormed()).toBe(true);
        expect(head === whole).toBe(whole.length <= maxChars && countLines(whole) <= maxLines);
      },
    ),
    { numRuns: 1000 },
  );
});

test.each([{ maxChars: 0 }, { maxLines: -1 }])('refuses %o', async (options) => {
  await expect(textOf('', '', options)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
});
