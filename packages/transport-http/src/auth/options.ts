import { InvalidOptionError } from '@toolyard/core';

/** `value`, if it is a number above 0. */
export function positive(option: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidOptionError(option, 'must be a number above 0');
}

/** `value`, if it is 0 or a number above it. */
export function atLeastZero(option: string, value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new InvalidOptionError(option, 'must be 0 or a number above it');
}

/** `value`, if it is a whole number above 0. */
export function positiveInteger(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidOptionError(option, 'must be a whole number above 0');
}
