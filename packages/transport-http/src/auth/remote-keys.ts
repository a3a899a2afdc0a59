import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';

import { quietly } from './quietly.ts';
import { askSource, AuthSourceError, type SourceLimits } from './source.ts';

/** When a key set is fetched. */
export interface RemoteKeysOptions extends SourceLimits {
  readonly maxAgeMs: number;
  readonly maxStaleMs: number;
  readonly cooldownMs: number;
  readonly onSourceFailed: ((error: AuthSourceError) => void) | undefined;
}

/**
 * The keys of one issuer, fetched when a token first needs them. jose's own remote set knows no limit of size, no
 * clock but the system's, no discovery, and asks again for each token while the issuer is down.
 */
export class RemoteKeys {
  readonly #locate: () => Promise<URL>;
  readonly #options: RemoteKeysOptions;
  #keys: JWTVerifyGetKey | undefined;
  #fetchedAt = 0;
  #askedAt = -Infinity;
  #fetching: Promise<JWTVerifyGetKey> | undefined;
  #failure: unknown;

  constructor(locate: () => Promise<URL>, options: RemoteKeysOptions) {
    this.#locate = locate;
    this.#options = options;
  }

  /** The key a token names. @throws {AuthSourceError} when there are no keys to look at. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const keys = await this.#current();
    try {
      return await keys(header, token);
    } catch (error) {
      const isUnknown = error instanceof errors.JWKSNoMatchingKey;
      if (!isUnknown || keys !== this.#keys || this.#isCoolingDown()) throw error;
    }
    // The issuer may have a new key. Whoever makes key ids up gets one fetch per cooldown out of us.
    const fresh = await this.#fetch().catch(() => keys);
    return fresh(header, token);
  };

  async #current(): Promise<JWTVerifyGetKey> {
    const { maxAgeMs, maxStaleMs } = this.#options;
    const age = this.#options.clock.monotonic() - this.#fetchedAt;
    if (this.#keys && age < maxAgeMs) return this.#keys;
    const stale = age < maxStaleMs ? this.#keys : undefined;
    if (this.#fetching === undefined && this.#isCoolingDown()) {
      if (stale) return stale;
      throw this.#failure;
    }
    return this.#fetch().catch((error: unknown) => {
      if (stale) return stale;
      throw error;
    });
  }

  #isCoolingDown(): boolean {
    return this.#options.clock.monotonic() - this.#askedAt < this.#options.cooldownMs;
  }

  #fetch(): Promise<JWTVerifyGetKey> {
    return (this.#fetching ??= this.#load().finally(() => (this.#fetching = undefined)));
  }

  async #load(): Promise<JWTVerifyGetKey> {
    const { clock, onSourceFailed } = this.#options;
    this.#askedAt = clock.monotonic();
    try {
      const url = await this.#locate();
      const { status, body } = await askSource(url, {}, this.#options);
      if (status !== 200) throw new AuthSourceError(url, `answered with status ${status}`);
      this.#keys = keySet(url, body);
      this.#fetchedAt = clock.monotonic();
      this.#failure = undefined;
      return this.#keys;
    } catch (error) {
      this.#failure = error;
      if (error instanceof AuthSourceError) quietly(() => onSourceFailed?.(error));
      throw error;
    }
  }
}

function keySet(url: URL, body: unknown): JWTVerifyGetKey {
  try {
    return createLocalJWKSet(body as Parameters<typeof createLocalJWKSet>[0]);
  } catch (cause) {
    throw new AuthSourceError(url, 'answered with something else than a key set', { cause });
  }
}
