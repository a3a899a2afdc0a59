/** How one of many calls ended. */
export type Settled<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** Runs an action for each item, so many at once; the outcomes are in the order of the items. Never rejects. */
export async function settleMany<Item, T>(
  items: readonly Item[],
  concurrency: number,
  action: (item: Item) => Promise<T>,
): Promise<Settled<T>[]> {
  const outcomes = Array.from<Settled<T>>({ length: items.length });
  let next = 0;
  const work = async () => {
    while (next < items.length) {
      const index = next++;
      try {
        outcomes[index] = { ok: true, value: await action(items[index] as Item) };
      } catch (error) {
        outcomes[index] = { ok: false, error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work));
  return outcomes;
}
