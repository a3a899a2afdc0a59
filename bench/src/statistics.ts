/** What a handful of rounds say together: the middle and how far apart they lie. */
export interface Summary {
  median: number;
  q1: number;
  q3: number;
  /** The values in the order in which the rounds ran. */
  rounds: number[];
}

/** @throws {RangeError} when there is no value. */
export function summarize(values: readonly number[]): Summary {
  return {
    median: quantile(values, 0.5),
    q1: quantile(values, 0.25),
    q3: quantile(values, 0.75),
    rounds: [...values],
  };
}

/** Interquartile range: the width of the middle half of the rounds. */
export function iqr(summary: Summary): number {
  return summary.q3 - summary.q1;
}

/**
 * The ratio of each round to the opponent's value of the same round, summarized.
 *
 * A slow moment of the machine hits both sides of a pair, so this is steadier than a ratio of two medians.
 */
export function pairedRatio(values: readonly number[], base: readonly number[]): Summary {
  return summarize(pairs(values, base).map(([value, opponent]) => value / opponent));
}

/** The difference of each round to the opponent's value of the same round, summarized. */
export function pairedDifference(values: readonly number[], base: readonly number[]): Summary {
  return summarize(pairs(values, base).map(([value, opponent]) => value - opponent));
}

/** Linear interpolation between the two nearest ranks, as R's type 7 and numpy's default. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('A quantile needs at least one value.');
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (sorted.length - 1) * share;
  const below = sorted[Math.floor(rank)]!;
  const above = sorted[Math.ceil(rank)]!;
  return below + (above - below) * (rank - Math.floor(rank));
}

function pairs(values: readonly number[], base: readonly number[]): [number, number][] {
  if (values.length !== base.length) {
    throw new RangeError(`${values.length} rounds cannot be paired with ${base.length}.`);
  }
  return values.map((value, round) => [value, base[round]!]);
}
