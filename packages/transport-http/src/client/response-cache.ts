import type { CacheEntry, CacheKey, ResponseCacheStore } from '@modelcontextprotocol/client';

interface Held extends CacheEntry {
  readonly method: string;
  readonly params: string;
  readonly bytes: number;
}

/**
 * What a client has read, for as long as the server's `ttlMs` says, bounded in size; it outlives connections. What
 * was not used for the longest time goes first.
 */
export class ResponseCache implements ResponseCacheStore {
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Held>();
  #bytes = 0;
  #stamp = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: CacheKey): CacheEntry | undefined {
    const id = idOf(key);
    const entry = this.#entries.get(id);
    if (!entry) return undefined;
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    return entry;
  }

  set(key: CacheKey, entry: Omit<CacheEntry, 'stamp'>): number {
    const stamp = ++this.#stamp;
    const id = idOf(key);
    this.#drop(id);
    // Two bytes a character, which is what strings take at most.
    const bytes = 2 * (id.length + entry.value.length);
    if (bytes > this.#maxBytes) return stamp;
    this.#entries.set(id, { ...entry, stamp, bytes, method: key.method, params: key.params ?? '' });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest);
    }
    return stamp;
  }

  delete(key: CacheKey): void {
    this.#drop(idOf(key));
  }

  evict(method: string): void {
    this.#dropWhere((entry) => entry.method === method);
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  /** What is held of a resource, fresh or not. */
  stale(method: string, params: string): unknown {
    for (const entry of this.#entries.values()) {
      if (entry.method === method && entry.params === params) return JSON.parse(entry.value);
    }
    return undefined;
  }

  /** Forgets one resource. */
  forget(method: string, params: string): void {
    this.#dropWhere((entry) => entry.method === method && entry.params === params);
  }

  #dropWhere(matches: (entry: Held) => boolean): void {
    for (const [id, entry] of this.#entries) if (matches(entry)) this.#drop(id);
  }

  #drop(id: string): void {
    this.#bytes -= this.#entries.get(id)?.bytes ?? 0;
    this.#entries.delete(id);
  }
}

function idOf({ method, params = '', partition = '' }: CacheKey): string {
  return JSON.stringify([method, params, partition]);
}
