import { InvalidOptionError, systemClock, type Clock, type Principal } from '@toolyard/core';

import { challenge, type Authenticate, type Challenge } from '../endpoint/auth.ts';
import { bearerToken } from './bearer.ts';
import { sha256 } from './sha256.ts';

/** A key, as its digest, and who holds it. */
export interface ApiKey {
  /** What {@link hashApiKey} makes of the key; the key itself need not be stored. */
  readonly digest: string;
  /** Its scopes are what the key may do. */
  readonly principal: Principal;
  /** Milliseconds since the epoch. From then on the key is refused. */
  readonly expiresAt?: number | undefined;
}

/** Where keys are looked up, for each request: what it no longer has is refused from then on. `apiKeyRing` is one. */
export interface ApiKeySource {
  /** The key with that digest, or `undefined`. */
  find(digest: string): ApiKey | undefined | Promise<ApiKey | undefined>;
}

/**
 * An `auth` function for API keys, sent as `X-API-Key` or as a bearer token. Keys in the query are not taken: URLs end
 * up in logs.
 *
 * @param keys - a fixed list, or a source for keys that come and go: an `apiKeyRing`, a table of yours.
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { serveHttp } from '@toolyard/transport-http';
 * import { apiKeys, hashApiKey } from '@toolyard/transport-http/auth';
 *
 * const digest = await hashApiKey('a key of at least 32 random characters');
 * const auth = apiKeys([{ digest, principal: { id: 'ci', scopes: ['system:read'] } }]);
 * await serveHttp(createApp({ name: 'demo', version: '1.0.0' }), { port: 3000, auth });
 * ```
 *
 * @throws {InvalidOptionError} `INVALID_OPTION` for a digest that is none.
 */
export function apiKeys(
  keys: readonly ApiKey[] | ApiKeySource,
  { clock = systemClock }: { readonly clock?: Clock | undefined } = {},
): Authenticate {
  const source = isList(keys) ? fixedKeys(keys) : keys;

  function judge(found: ApiKey | undefined): Principal | Challenge {
    if (found === undefined) return refused('The API key is not known.');
    if (found.expiresAt !== undefined && clock.now() >= found.expiresAt)
      return refused('The API key has expired.');
    return found.principal;
  }

  function holderOf(digest: string): Principal | Challenge | Promise<Principal | Challenge> {
    const found = source.find(digest);
    return found !== undefined && 'then' in found ? found.then(judge) : judge(found);
  }

  return function authenticateByApiKey(request) {
    const key = request.header('x-api-key') ?? bearerToken(request);
    if (key === undefined)
      return challenge({ description: 'Send an API key as X-API-Key or as a bearer token.' });
    const digest = sha256(key);
    return typeof digest === 'string' ? holderOf(digest) : digest.then(holderOf);
  };
}

/** SHA-256 of a key, in hexadecimal. Enough for keys that are long and random; not for passwords. */
export async function hashApiKey(key: string): Promise<string> {
  return sha256(key);
}

/** @throws {InvalidOptionError} `INVALID_OPTION` where it is none. */
export function checkDigest(digest: string): string {
  if (/^[\da-f]{64}$/.test(digest)) return digest;
  throw new InvalidOptionError('digest', 'must be what hashApiKey gives');
}

// `Array.isArray` does not know read-only arrays.
function isList(keys: readonly ApiKey[] | ApiKeySource): keys is readonly ApiKey[] {
  return Array.isArray(keys);
}

function fixedKeys(keys: readonly ApiKey[]): ApiKeySource {
  // Looked up by digest, so the time it takes tells nothing about how much of a key was right.
  const byDigest = new Map(keys.map((key) => [checkDigest(key.digest), key]));
  return { find: (digest) => byDigest.get(digest) };
}

function refused(description: string): Challenge {
  return challenge({ error: 'invalid_token', description });
}
