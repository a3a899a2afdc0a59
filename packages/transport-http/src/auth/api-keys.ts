import { InvalidOptionError, type Principal } from '@toolyard/core';

import { challenge, type Authenticate, type Challenge } from '../endpoint/auth.ts';
import { sha256 } from './sha256.ts';

/** A key, as its digest, and who holds it. */
export interface ApiKey {
  /** What {@link hashApiKey} makes of the key; the key itself need not be stored. */
  readonly digest: string;
  readonly principal: Principal;
}

/**
 * An `auth` function for API keys, sent as `X-API-Key` or as a bearer token. Keys in the query are not taken: URLs end
 * up in logs.
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
export function apiKeys(keys: readonly ApiKey[]): Authenticate {
  // Looked up by digest, so the time it takes tells nothing about how much of a key was right.
  const holders = new Map(keys.map(({ digest, principal }) => [checkDigest(digest), principal]));
  const holderOf = (digest: string): Principal | Challenge =>
    holders.get(digest) ?? challenge({ error: 'invalid_token', description: 'The API key is not known.' });

  return function authenticateByApiKey(request) {
    const key = request.header('x-api-key') ?? bearerToken(request.header('authorization'));
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

function checkDigest(digest: string): string {
  if (/^[\da-f]{64}$/.test(digest)) return digest;
  throw new InvalidOptionError('digest', 'must be what hashApiKey gives');
}

function bearerToken(header: string | undefined): string | undefined {
  return /^bearer +(\S+)$/i.exec(header ?? '')?.[1];
}
