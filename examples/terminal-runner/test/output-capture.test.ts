import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { captureOutput } from '../src/commands/output-capture.ts';

function capture(chunks: readonly (string | Uint8Array)[], headBytes: number, tailBytes: number) {
  const output = captureOutput({ headBytes, tailBytes });
  for (const chunk of chunks) output.write(Buffer.from(chunk));
  return output.finish();
}

test('output that fits is kept as it is', () => {
  expect(capture(['ab', '', 'cd'], 2, 2)).toEqual({ text: 'abcd', totalBytes: 4, omittedBytes: 0 });
  expect(capture([], 2, 2)).toEqual({ text: '', totalBytes: 0, omittedBytes: 0 });
});

test('of longer output the head and the tail are kept, with the number of bytes in between', () => {
  expect(capture(['abcdefghij'], 2, 3)).toEqual({
    text: 'ab\n[… 5 bytes omitted …]\nhij',
    totalBytes: 10,
    omittedBytes: 5,
  });
});

test('a character that lies across two chunks, or across head and tail, stays whole', () => {
  const euro = Buffer.from('€');
  expect(capture([euro.subarray(0, 1), euro.subarray(1)], 2, 8).text).toBe('€');
});

test('a character that lies across a cut is left out whole', () => {
  expect(capture(['a€bcdefg€h'], 3, 3)).toEqual({
    text: 'a\n[… 12 bytes omitted …]\nh',
    totalBytes: 14,
    omittedBytes: 12,
  });
});

test('invalid bytes become replacement characters', () => {
  expect(capture([Uint8Array.of(0x61, 0xff, 0x62)], 10, 0).text).toBe('a\u{fffd}b');
});

test('however output is cut into chunks, the result is the same', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 12 })),
      fc.nat(30),
      fc.nat(30),
      fc.integer({ min: 1, max: 9 }),
      (texts, headBytes, tailBytes, size) => {
        // What stands for invalid bytes in the result must not come from the input.
        const bytes = Buffer.from(texts.join('').replaceAll('\u{fffd}', '?'));
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
        const result = capture(chunks, headBytes, tailBytes);
        expect(result).toEqual(capture([bytes], headBytes, tailBytes));
        expect(result.totalBytes).toBe(bytes.length);
        expect(result.text).not.toContain('\u{fffd}');
        expect(result.omittedBytes === 0).toBe(bytes.length <= headBytes + tailBytes);
        expect(result.omittedBytes > 0 || result.text === bytes.toString()).toBe(true);
      },
    ),
  );
});
