/**
 * Knows which of many entries expires first. Adding and removing take logarithmic time, and a removed entry is let go
 * at once, however often entries are replaced.
 */
export interface ExpiryQueue<Entry extends ExpiringEntry> {
  /** The one that expires first. */
  first(): Entry | undefined;
  add(entry: Entry): void;
  /** Does nothing when the entry is not in the queue. */
  remove(entry: Entry): void;
}

export interface ExpiringEntry {
  readonly expiresAt: number;
  /** Kept by the queue: where the entry is, or -1. */
  position: number;
}

export function createExpiryQueue<Entry extends ExpiringEntry>(): ExpiryQueue<Entry> {
  // A binary heap: no entry expires before its parent, which is at (position - 1) / 2.
  const heap: Entry[] = [];

  function place(entry: Entry, position: number): void {
    heap[position] = entry;
    entry.position = position;
  }

  function rise(entry: Entry, from: number): void {
    let position = from;
    while (position > 0) {
      const above = (position - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || parent.expiresAt <= entry.expiresAt) break;
      place(parent, position);
      position = above;
    }
    place(entry, position);
  }

  function sink(entry: Entry, from: number): void {
    let position = from;
    for (;;) {
      const [left, right] = [heap[2 * position + 1], heap[2 * position + 2]];
      const sooner =
        right !== undefined && left !== undefined && right.expiresAt < left.expiresAt ? right : left;
      if (sooner === undefined || sooner.expiresAt >= entry.expiresAt) break;
      const below = sooner.position;
      place(sooner, position);
      position = below;
    }
    place(entry, position);
  }

  return {
    first: () => heap[0],
    add: (entry) => rise(entry, heap.length),
    remove(entry) {
      const { position } = entry;
      if (heap[position] !== entry) return;
      entry.position = -1;
      const last = heap.pop();
      if (last === undefined || last === entry) return;
      // The last entry takes the empty place, and from there belongs above it or below.
      if (last.expiresAt < entry.expiresAt) rise(last, position);
      else sink(last, position);
    },
  };
}
