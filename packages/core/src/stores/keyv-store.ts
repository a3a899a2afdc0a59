import { positiveInteger } from '../options.ts';
import { StoreError, type Store } from '../store.ts';
import { checkKey, defaultMaxValueBytes, encodeValue, expiryOf } from './entry.ts';

/** What is used of a Keyv instance. Anything of this shape will do; it stays yours to configure and disconnect. */
export interface KeyvLike {
  get(key: string): Promise<unknown>;
  /** `false` says that nothing was written. */
  set(key: string, value: unknown, ttlMs?: number): Promise<unknown>;
  delete(key: string): Promise<boolean>;
}

/** Options of {@link keyvStore}. */
export interface KeyvStoreOptions {
  /** Bytes of one value as UTF-8 JSON; larger ones are refused. Default: 1 MiB. */
  readonly maxValueBytes?: number | undefined;
}

/**
 * A store on any Keyv instance, for caches.
 *
 * **Not atomic**: `create` looks and then writes, so two callers may both get `true`, and so may two `delete`s; the
 * store says so with `atomic: false`. How much it holds, what makes room and by which clock entries expire is up to
 * the Keyv instance. A default `ttl` of the instance also applies to values written without `ttlMs`. Keyv reports
 * most failures by an `error` event instead of a rejection: give it `throwOnErrors: true`, or listen.
 *
 * @param keyv - give it a `namespace` of its own; values are kept in it as JSON text.
 */
export function keyvStore(keyv: KeyvLike, options: KeyvStoreOptions = {}): Store {
  const maxValueBytes = positiveInteger('maxValueBytes', options.maxValueBytes ?? defaultMaxValueBytes);

  async function exists(key: string): Promise<boolean> {
    const found = await keyv.get(key);
    return found !== undefined && found !== null;
  }

  async function write(key: string, text: string, ttlMs: number | undefined): Promise<void> {
    const written = await keyv.set(key, text, ttlMs);
    if (written === false) throw new StoreError('STORE_WRITE_FAILED', 'Keyv did not store the value.');
  }

  return {
    atomic: false,
    async get(key) {
      checkKey(key);
      const text = await keyv.get(key);
      return text === undefined || text === null ? undefined : decode(text);
    },
    async set(key, value, { ttlMs } = {}) {
      checkKey(key);
      await write(key, encodeValue(value, maxValueBytes), wholeTtl(ttlMs));
    },
    async create(key, value, { ttlMs } = {}) {
      checkKey(key);
      const [text, wholeTtlMs] = [encodeValue(value, maxValueBytes), wholeTtl(ttlMs)];
      if (await exists(key)) return false;
      await write(key, text, wholeTtlMs);
      return true;
    },
    async delete(key) {
      checkKey(key);
      // Keyv also answers true for what has expired and was not yet removed.
      return (await exists(key)) && (await keyv.delete(key));
    },
  };
}

function wholeTtl(ttlMs: number | undefined): number | undefined {
  return ttlMs === undefined ? undefined : expiryOf(0, { ttlMs });
}

function decode(text: unknown): unknown {
  try {
    if (typeof text === 'string') return JSON.parse(text);
  } catch {
    // Text, but not ours.
  }
  throw new StoreError('STORE_VALUE_INVALID', 'What Keyv holds under this key was not written by keyvStore.');
}
