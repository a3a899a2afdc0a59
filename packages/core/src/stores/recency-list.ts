/** Entries in the order of their last use, as a linked list: using one takes the same short time however many there are. */
export interface RecencyList<Entry> {
  /** The one that was not used for the longest time. */
  oldest(): Entry | undefined;
  /** Puts the entry at the end, whether or not it was in the list. */
  use(entry: Entry): void;
  /** Does nothing when the entry is not in the list. */
  remove(entry: Entry): void;
}

/** Kept by the list. */
export interface RecencyLinks<Entry> {
  older: Entry | undefined;
  newer: Entry | undefined;
}

// Not a Map from which a used key is deleted and set again: in V8 each such pair makes the next on that key slower,
// until the map is rehashed. With one busy key among 10,000 that made a read take 30 µs.
export function createRecencyList<Entry extends RecencyLinks<Entry>>(): RecencyList<Entry> {
  let oldest: Entry | undefined;
  let newest: Entry | undefined;

  function remove(entry: Entry): void {
    const { older, newer } = entry;
    if (older) older.newer = newer;
    else if (oldest === entry) oldest = newer;
    if (newer) newer.older = older;
    else if (newest === entry) newest = older;
    entry.older = undefined;
    entry.newer = undefined;
  }

  return {
    oldest: () => oldest,
    use(entry) {
      if (entry === newest) return;
      remove(entry);
      if (newest) newest.newer = entry;
      entry.older = newest;
      newest = entry;
      oldest ??= entry;
    },
    remove,
  };
}
