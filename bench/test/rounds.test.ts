import { expect, test } from 'vitest';
import { rotated, thereAndBack } from '../src/rounds.ts';

test('each round starts one further on', () => {
  const rounds = [0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''));
  expect(rounds).toEqual(['abc', 'bca', 'cab', 'abc']);
});

test('there and back puts everyone equally far from the middle of the round', () => {
  expect(thereAndBack(['a', 'b', 'c'], 1).join('')).toBe('bcaacb');
});
