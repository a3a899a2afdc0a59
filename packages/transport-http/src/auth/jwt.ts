import { systemClock, type Principal } from '@toolyard/core';

import type { Authenticate, Challenge } from '../endpoint/auth.ts';
import { bearerToken, tokenInvalid, tokenMissing } from './bearer.ts';
import { BoundedCache } from './bounded-cache.ts';
import type { JwtAuthOptions } from './jwt-options.ts';
import { jwtVerifier, type FoundToken } from './jwt-verifier.ts';
import { positive } from './options.ts';
import { sha256 } from './sha256.ts';

/**
 * An `auth` function for JWT access tokens, sent as bearer tokens.
 *
 * A token has to be signed by one of the issuers with a key of its own, name one of its audiences, have `exp` and a
 * subject, and be of use without proof of possession (no `cnf`). While no keys can be had, requests get 503.
 *
 * A key that its issuer withdraws counts until the keys are fetched again and the tokens in the cache are checked
 * again: 11 minutes with the defaults, an hour if the issuer does not answer meanwhile. To end single tokens earlier, see `isRevoked`.
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { serveHttp } from '@toolyard/transport-http';
 * import { jwtAuth, protectedResource } from '@toolyard/transport-http/auth';
 *
 * const publicUrl = 'https://tools.example/mcp';
 * const issuer = 'https://id.example';
 * const resource = protectedResource({ resource: publicUrl, authorizationServers: [issuer] });
 * await serveHttp(createApp({ name: 'demo', version: '1.0.0' }), {
 *   port: 3000,
 *   publicUrl,
 *   auth: resource.protect(jwtAuth({ issuers: [{ issuer, audience: publicUrl }] })),
 *   routes: resource.routes,
 * });
 * ```
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 */
export function jwtAuth(options: JwtAuthOptions): Authenticate {
  const { isRevoked, clock = systemClock } = options;
  const maxTokenLength = positive('maxTokenLength', options.maxTokenLength ?? 16_384);
  const cacheMs = options.cache === false ? 0 : positive('cache.maxAgeMs', options.cache?.maxAgeMs ?? 60_000);
  const maxEntries = positive('cache.maxEntries', (options.cache || {}).maxEntries ?? 5_000);
  const cache = new BoundedCache<VerifiedToken>(maxEntries);
  const verify = jwtVerifier(options, clock);

  async function check(token: string, digest: string): Promise<Principal | Challenge> {
    const found = await verify(token);
    if ('challenge' in found) return found;
    const now = clock.now();
    const goodUntil = Math.min(found.expiresAt, now + cacheMs);
    if (goodUntil > now) cache.set(digest, { ...found, checkedAt: now, goodUntil });
    return admit(found);
  }

  function admit({ principal, claims }: FoundToken): Principal | Challenge | Promise<Principal | Challenge> {
    const revoked = isRevoked?.(claims) ?? false;
    if (typeof revoked === 'boolean') return revoked ? tokenInvalid(REVOKED) : principal;
    return revoked.then((is) => (is ? tokenInvalid(REVOKED) : principal));
  }

  function byDigest(token: string, digest: string): Principal | Challenge | Promise<Principal | Challenge> {
    const known = cache.get(digest);
    if (known === undefined) return check(token, digest);
    const now = clock.now();
    // A clock that was set back must not make tokens live longer.
    if (now < known.goodUntil && now >= known.checkedAt) return admit(known);
    cache.delete(digest);
    return check(token, digest);
  }

  return function authenticateByJwt(request) {
    const token = bearerToken(request);
    if (token === undefined) return tokenMissing();
    if (token.length > maxTokenLength) return tokenInvalid('The access token is too long.');
    const digest = sha256(token);
    return typeof digest === 'string'
      ? byDigest(token, digest)
      : digest.then((text) => byDigest(token, text));
  };
}

interface VerifiedToken extends FoundToken {
  readonly checkedAt: number;
  readonly goodUntil: number;
}

const REVOKED = 'The access token was revoked.';
