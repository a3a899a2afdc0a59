import { describe, expect, test } from 'vitest';
import { iqr, pairedDifference, pairedRatio, quantile, summarize } from '../src/statistics.ts';

describe('summarize', () => {
  test('the median of an odd number of rounds is the middle one', () => {
    expect(summarize([9, 1, 5]).median).toBe(5);
  });

  test('the median of an even number of rounds lies between the two in the middle', () => {
    expect(summarize([4, 1, 3, 2]).median).toBe(2.5);
  });

  test('quartiles agree with type 7 of R', () => {
    const summary = summarize([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(summary).toMatchObject({ q1: 2.75, median: 4.5, q3: 6.25 });
    expect(iqr(summary)).toBe(3.5);
  });

  test('one wild round moves neither median nor spread', () => {
    const summary = summarize([10, 10, 11, 11, 900]);
    expect(summary.median).toBe(11);
    expect(iqr(summary)).toBe(1);
  });

  test('rounds keep the order in which they ran', () => {
    expect(summarize([3, 1, 2]).rounds).toEqual([3, 1, 2]);
  });

  test('nothing has no median', () => {
    expect(() => summarize([])).toThrow(RangeError);
  });
});

describe('paired comparison', () => {
  test('a round is compared with the opponent of the same round', () => {
    // The machine was three times slower in the second round, for both.
    expect(pairedRatio([20, 60, 22], [10, 30, 11])).toMatchObject({ q1: 2, median: 2, q3: 2 });
  });

  test('a difference is taken round by round', () => {
    expect(pairedDifference([3, 5, 9], [1, 2, 3]).rounds).toEqual([2, 3, 6]);
  });

  test('unequal numbers of rounds cannot be paired', () => {
    expect(() => pairedRatio([1, 2], [1])).toThrow(RangeError);
  });
});

test('a quantile of one value is that value', () => {
  expect([0, 0.5, 1].map((share) => quantile([7], share))).toEqual([7, 7, 7]);
});
