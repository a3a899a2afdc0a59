/** The contestants of one round, each round starting one further on, so that nobody always follows the same one. */
export function rotated<T>(contestants: readonly T[], round: number): T[] {
  const first = contestants.length === 0 ? 0 : round % contestants.length;
  return [...contestants.slice(first), ...contestants.slice(0, first)];
}

/** There and back (A B C, C B A): a drift of the machine during the round weighs equally on all. */
export function thereAndBack<T>(contestants: readonly T[], round: number): T[] {
  const there = rotated(contestants, round);
  return [...there, ...there.toReversed()];
}
