import { systemClock, type Clock } from '../clock.ts';
import { positiveInteger } from '../options.ts';
import { StoreError, type Store } from '../store.ts';
import { checkKey, countBytes, defaultMaxValueBytes, encodeValue, expiryOf } from './entry.ts';
import { createExpiryQueue, type ExpiringEntry } from './expiry-queue.ts';
import { createRecencyList, type RecencyLinks } from './recency-list.ts';

/** Options of {@link memoryStore}: what it may hold. */
export interface MemoryStoreOptions {
  /** Default: 10,000. */
  readonly maxEntries?: number | undefined;
  /**
   * Bytes of all keys and values together, as UTF-8 JSON; an entry takes some 200 bytes of memory besides.
   * Default: 64 MiB.
   */
  readonly maxBytes?: number | undefined;
  /** Bytes of one value as UTF-8 JSON; larger ones are refused. Default: 1 MiB. */
  readonly maxValueBytes?: number | undefined;
  readonly clock?: Pick<Clock, 'now'> | undefined;
}

/**
 * A store in the memory of this process, gone with it.
 *
 * When it is full, expired entries make room, then those that were not read or written for the longest time. Expired
 * entries are also dropped as they are met and with every write; there is no timer.
 *
 * @example
 * ```ts
 * import { memoryStore } from '@toolyard/core/stores';
 *
 * const store = memoryStore({ maxEntries: 1_000 });
 * await store.set('greeting', { text: 'hello' }, { ttlMs: 60_000 });
 * ```
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  const { clock = systemClock } = options;
  const maxEntries = positiveInteger('maxEntries', options.maxEntries ?? 10_000);
  const maxBytes = positiveInteger('maxBytes', options.maxBytes ?? 64 * 1024 * 1024);
  const maxValueBytes = positiveInteger('maxValueBytes', options.maxValueBytes ?? defaultMaxValueBytes);

  const entries = new Map<string, Entry>();
  const recent = createRecencyList<Entry>();
  const expiring = createExpiryQueue<Entry>();
  let bytesHeld = 0;
  let closed = false;

  function check(key: string): void {
    if (closed) throw new StoreError('STORE_CLOSED', 'The store is closed.');
    checkKey(key);
  }

  function find(key: string, now: number): Entry | undefined {
    const entry = entries.get(key);
    if (entry === undefined || entry.expiresAt > now) return entry;
    drop(entry);
    return undefined;
  }

  function drop(entry: Entry): void {
    entries.delete(entry.key);
    forget(entry);
  }

  function forget(entry: Entry): void {
    recent.remove(entry);
    expiring.remove(entry);
    bytesHeld -= entry.bytes;
  }

  function put(entry: Entry, now: number): void {
    const old = entries.get(entry.key);
    if (old) forget(old);
    entries.set(entry.key, entry);
    recent.use(entry);
    if (entry.expiresAt !== Infinity) expiring.add(entry);
    bytesHeld += entry.bytes;
    makeRoom(now);
  }

  function makeRoom(now: number): void {
    for (let dropped = 0; ; dropped++) {
      const full = entries.size > maxEntries || bytesHeld > maxBytes;
      // When thousands expire together, no single write pays for all of them.
      if (!full && dropped >= maxDropsPerWrite) return;
      const soonest = expiring.first();
      const expired = soonest !== undefined && soonest.expiresAt <= now ? soonest : undefined;
      const victim = expired ?? (full ? recent.oldest() : undefined);
      if (victim === undefined) return;
      drop(victim);
    }
  }

  function encode(key: string, value: unknown, expiresAt: number): Entry {
    const text = encodeValue(value, maxValueBytes);
    return {
      key,
      text,
      bytes: countBytes(key, text, maxBytes),
      expiresAt,
      position: -1,
      older: undefined,
      newer: undefined,
    };
  }

  return {
    async get(key) {
      check(key);
      const entry = find(key, clock.now());
      if (entry === undefined) return undefined;
      recent.use(entry);
      return JSON.parse(entry.text);
    },
    async set(key, value, how) {
      check(key);
      const now = clock.now();
      put(encode(key, value, expiryOf(now, how)), now);
    },
    async create(key, value, how) {
      check(key);
      const now = clock.now();
      const entry = encode(key, value, expiryOf(now, how));
      if (find(key, now) !== undefined) return false;
      put(entry, now);
      return true;
    },
    async delete(key) {
      check(key);
      const entry = find(key, clock.now());
      if (entry === undefined) return false;
      drop(entry);
      return true;
    },
    async close() {
      closed = true;
      entries.forEach(drop);
    },
  };
}

const maxDropsPerWrite = 100;

// Values are kept as text: that makes them by-value, and their size known.
interface Entry extends ExpiringEntry, RecencyLinks<Entry> {
  readonly key: string;
  readonly text: string;
  readonly bytes: number;
}
