import { InvalidOptionError, systemClock, ToolyardError, type Clock, type Principal } from '@toolyard/core';

import { checkDigest, type ApiKey, type ApiKeySource } from './api-keys.ts';
import { atLeastZero, positive } from './options.ts';
import { sha256 } from './sha256.ts';

/** What a ring keeps of a key: plain JSON, from which nobody gets the key back. */
export interface ApiKeyRecord extends ApiKey {
  /** Names the key in lists and in `revoke`; no secret. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** For people: what it is used for. */
  readonly label?: string | undefined;
}

/** A new key. Only now can it be read. */
export interface IssuedApiKey {
  readonly key: string;
  readonly record: ApiKeyRecord;
}

/** Options of {@link apiKeyRing}. */
export interface ApiKeyRingOptions {
  /** Keys from before: what `save` got last. */
  readonly keys?: readonly ApiKeyRecord[] | undefined;
  /**
   * Keeps all records after each change, and is waited for: what is issued is kept. A key that is revoked is refused
   * from then on even if this fails.
   */
  readonly save?: ((records: readonly ApiKeyRecord[]) => void | Promise<void>) | undefined;
  /** Keys begin with it, so that scanners recognise leaked ones. Default `key`. */
  readonly prefix?: string | undefined;
  /** Default 10 000. */
  readonly maxKeys?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** API keys that come and go while the server runs. For `apiKeys`. */
export interface ApiKeyRing extends ApiKeySource {
  /**
   * Makes a key with 256 random bits.
   *
   * @throws {ToolyardError} `API_KEYS_FULL`
   */
  issue(options: {
    readonly principal: Principal;
    readonly expiresAt?: number | undefined;
    readonly label?: string | undefined;
  }): Promise<IssuedApiKey>;
  /**
   * Makes a key for the same principal; the old one works until `overlapMs` are over (default: a day) or it expires.
   *
   * @throws {ToolyardError} `API_KEY_NOT_FOUND`, `API_KEYS_FULL`
   */
  rotate(
    id: string,
    options?: { readonly overlapMs?: number | undefined; readonly expiresAt?: number | undefined },
  ): Promise<IssuedApiKey>;
  /** Refuses a key from now on. Whether there was one. */
  revoke(id: string): Promise<boolean>;
  /** Keys that have not expired, oldest first. */
  list(): readonly ApiKeyRecord[];
}

const DAY_MS = 86_400_000;

/**
 * A ring of API keys in this process. Keys are kept as digests. With several processes, give each an `ApiKeySource`
 * that reads a table of yours instead.
 *
 * @example
 * ```ts
 * import { apiKeyRing, apiKeys } from '@toolyard/transport-http/auth';
 *
 * const ring = apiKeyRing({ prefix: 'acme' });
 * const auth = apiKeys(ring);
 * const { key, record } = await ring.issue({ principal: { id: 'ci', scopes: ['system:read'] } });
 * const { key: next } = await ring.rotate(record.id, { overlapMs: 3_600_000 });
 * await ring.revoke(record.id);
 * ```
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 */
export function apiKeyRing(options: ApiKeyRingOptions = {}): ApiKeyRing {
  const { keys = [], save, prefix = 'key', clock = systemClock } = options;
  const maxKeys = positive('maxKeys', options.maxKeys ?? 10_000);
  if (!/^[\dA-Za-z]{1,32}$/.test(prefix))
    throw new InvalidOptionError('prefix', 'must be letters and digits');
  const byId = new Map(keys.map((record) => [record.id, Object.freeze({ ...record })]));
  const byDigest = new Map(keys.map((record) => [checkDigest(record.digest), record.id]));
  if (byId.size !== keys.length || byDigest.size !== keys.length) {
    throw new InvalidOptionError('keys', 'must differ in id and digest');
  }

  const hasExpired = ({ expiresAt }: ApiKeyRecord) => expiresAt !== undefined && clock.now() >= expiresAt;
  const live = () => [...byId.values()].filter((record) => !hasExpired(record));

  function put(record: ApiKeyRecord): void {
    byId.set(record.id, record);
    byDigest.set(record.digest, record.id);
  }

  function remove(record: ApiKeyRecord): void {
    byId.delete(record.id);
    byDigest.delete(record.digest);
  }

  function makeRoom(): void {
    if (byId.size < maxKeys) return;
    for (const record of byId.values()) if (hasExpired(record)) remove(record);
    if (byId.size < maxKeys) return;
    throw new ToolyardError('API_KEYS_FULL', `There are ${maxKeys} API keys already; revoke some first.`);
  }

  /** One save at a time, and each of what there is then: an older state never overwrites a newer one. */
  let saved: Promise<void> = Promise.resolve();
  function keep(): Promise<void> {
    if (!save) return Promise.resolve();
    const next = saved.catch(() => {}).then(() => save(live()));
    saved = next;
    return next;
  }

  async function add(
    principal: Principal,
    expiresAt: number | undefined,
    label: string | undefined,
  ): Promise<IssuedApiKey> {
    if (expiresAt !== undefined && !(expiresAt > clock.now()))
      throw new InvalidOptionError('expiresAt', 'must be in the future, in milliseconds since the epoch');
    const key = `${prefix}_${randomText(32)}`;
    const digest = await sha256(key);
    makeRoom();
    const record: ApiKeyRecord = Object.freeze({
      id: randomText(9),
      digest,
      principal: Object.freeze({ ...principal }),
      createdAt: clock.now(),
      ...(expiresAt !== undefined && { expiresAt }),
      ...(label !== undefined && { label }),
    });
    put(record);
    try {
      await keep();
    } catch (error) {
      remove(record);
      throw error;
    }
    return { key, record };
  }

  return {
    find(digest) {
      const id = byDigest.get(digest);
      return id === undefined ? undefined : byId.get(id);
    },
    issue: ({ principal, expiresAt, label }) => add(principal, expiresAt, label),
    async rotate(id, { overlapMs = DAY_MS, expiresAt } = {}) {
      atLeastZero('overlapMs', overlapMs);
      const old = byId.get(id);
      if (!old || hasExpired(old))
        throw new ToolyardError('API_KEY_NOT_FOUND', `No API key has the id ${id}.`);
      const issued = await add(old.principal, expiresAt, old.label);
      // Not if it was revoked meanwhile.
      if (byId.get(id) === old) {
        put(
          Object.freeze({ ...old, expiresAt: Math.min(old.expiresAt ?? Infinity, clock.now() + overlapMs) }),
        );
        await keep();
      }
      return issued;
    },
    async revoke(id) {
      const record = byId.get(id);
      if (!record) return false;
      remove(record);
      await keep();
      return true;
    },
    list: live,
  };
}

function randomText(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return btoa(String.fromCharCode(...random))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
