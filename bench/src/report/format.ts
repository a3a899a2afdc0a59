import { iqr, type Summary } from '../statistics.ts';

/** `26.1 ± 0.8`: the median and half the interquartile range. */
export function withSpread(summary: Summary, digits = 1): string {
  return `${fixed(summary.median, digits)} ± ${fixed(iqr(summary) / 2, digits)}`;
}

/** With thousands separators: `41,752`. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** `1,234.5` with exactly that many decimals. */
export function fixed(value: number, digits: number): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
