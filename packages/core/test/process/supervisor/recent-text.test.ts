import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecentText } from '../../../src/process/supervisor/recent-text.ts';

const KEPT = 64 * 1024;

test('is the end of all text, from any position, however it came in pieces', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 50 }),
    fc.integer({ min: 0, max: 70_000 }).map((length) => 'häß€😀\n'.repeat(length / 6 + 1).slice(0, length)),
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }),
      fc.array(fc.nat(400_000), { maxLength: 5 }),
      (pieces, positions) => {
        const recent = new RecentText();
        let all = '';
        for (const text of pieces) {
          recent.add(text);
          all += text;
          for (const position of [0, all.length, all.length - 1, ...positions]) {
            const start = Math.min(Math.max(position, all.length - KEPT, 0), all.length);
            expect(recent.from(position)).toEqual({ text: all.slice(start), start });
          }
        }
        expect(recent.end).toBe(all.length);
      },
    ),
    { numRuns: 60 },
  );
});

test('holds next to nothing while there is next to nothing', () => {
  const recent = new RecentText();
  expect(recent.from(0)).toEqual({ text: '', start: 0 });
  recent.add('');
  expect(recent.from(7)).toEqual({ text: '', start: 0 });
});
