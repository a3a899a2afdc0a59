import { InvalidOptionError } from './errors.ts';

/** `value`, if it is a whole number above 0. */
export function positiveInteger(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidOptionError(option, 'must be a whole number above 0');
}

/** `value`, if it is a time span above 0. */
export function positiveMs(option: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidOptionError(option, 'must be a number of milliseconds above 0');
}
