import { InvalidOptionError, systemClock, type Clock, type Principal } from '@toolyard/core';
import { isRecord } from '@toolyard/core/protocol';

import type { Authenticate, Challenge } from '../endpoint/auth.ts';
import { authUnavailable, bearerToken, tokenInvalid, tokenMissing } from './bearer.ts';
import { BoundedCache } from './bounded-cache.ts';
import { atLeastZero, positive } from './options.ts';
import { quietly } from './quietly.ts';
import { sha256 } from './sha256.ts';
import { askSource, AuthSourceError, MAX_SOURCE_BYTES, sourceUrl } from './source.ts';
import {
  isFor,
  isSenderConstrained,
  principalOf,
  type ClaimMapping,
  type TokenClaims,
} from './token-principal.ts';

/** Options of {@link introspection}. */
export interface IntrospectionOptions extends ClaimMapping {
  /** Where tokens are asked about. `https:`, or loopback. */
  readonly endpoint: string;
  /** Who vouches for the principals. An answer that names another issuer is refused. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** How this server says who it is. Default `basic`. */
  readonly clientAuthentication?: 'basic' | 'post' | undefined;
  /** As in `aud` of the answers: the URL of this server, or several. `'any'` for issuers that name none;
   * their answers need `token_type`, which tells access tokens from others. */
  readonly audience: string | readonly string[];
  /** Which tokens are asked about. What others refuse ends here in `anyOf`: keep keys of your own from a third party. */
  readonly accepts?: ((token: string) => boolean) | undefined;
  /**
   * Answers, by digest of the token. `maxEntries`: default 5 000, and as many refusals. `maxAgeMs`: how long a revoked
   * token is still taken; default 30 000. `inactiveMs`: how long a refusal is kept; default 5 000. 0 keeps none.
   */
  readonly cache?:
    { readonly maxEntries?: number; readonly maxAgeMs?: number; readonly inactiveMs?: number } | undefined;
  /** Questions at a time. Requests beyond get 503. Default 32. */
  readonly maxConcurrent?: number | undefined;
  /** Default 5 000. */
  readonly timeoutMs?: number | undefined;
  /** Longer tokens are refused unasked. Default 16 384. */
  readonly maxTokenLength?: number | undefined;
  /** How far clocks may differ. Default 30. */
  readonly clockToleranceSeconds?: number | undefined;
  /** Told when there was no usable answer. What it throws is ignored. */
  readonly onSourceFailed?: ((error: AuthSourceError) => void) | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * An `auth` function for opaque bearer tokens: the issuer is asked what they are worth (RFC 7662), once for all
 * requests that come with a token meanwhile. A revoked token is taken for up to `cache.maxAgeMs`. While the issuer does
 * not answer, requests get 503.
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 * @see https://www.rfc-editor.org/rfc/rfc7662
 */
export function introspection(options: IntrospectionOptions): Authenticate {
  const { clock = systemClock, accepts } = options;
  const maxTokenLength = positive('maxTokenLength', options.maxTokenLength ?? 16_384);
  const maxConcurrent = positive('maxConcurrent', options.maxConcurrent ?? 32);
  const { maxEntries = 5_000, maxAgeMs = 30_000, inactiveMs = 5_000 } = options.cache ?? {};
  const keepMs = atLeastZero('cache.maxAgeMs', maxAgeMs);
  const keepInactiveMs = atLeastZero('cache.inactiveMs', inactiveMs);
  // Apart, so that made-up tokens do not push the good ones out.
  const active = new BoundedCache<KeptAnswer>(positive('cache.maxEntries', maxEntries));
  const inactive = new BoundedCache<KeptAnswer>(maxEntries);
  const asking = new Map<string, Promise<Principal | Challenge>>();
  const ask = tokenAsker(options, clock);

  async function askAndKeep(token: string, digest: string): Promise<Principal | Challenge> {
    const { verdict, expiresAt } = await ask(token);
    const now = clock.now();
    if (!('challenge' in verdict)) {
      const until = Math.min(now + keepMs, expiresAt);
      if (until > now) active.set(digest, { verdict, from: now, until });
    } else if (verdict.status === 401 && keepInactiveMs > 0) {
      inactive.set(digest, { verdict, from: now, until: now + keepInactiveMs });
    }
    return verdict;
  }

  function byDigest(token: string, digest: string): Principal | Challenge | Promise<Principal | Challenge> {
    const now = clock.now();
    const kept = active.get(digest) ?? inactive.get(digest);
    if (kept && now < kept.until && now >= kept.from) return kept.verdict;
    const running = asking.get(digest);
    if (running) return running;
    if (asking.size >= maxConcurrent) return authUnavailable();
    active.delete(digest);
    const answer = askAndKeep(token, digest).finally(() => asking.delete(digest));
    asking.set(digest, answer);
    return answer;
  }

  return function authenticateByIntrospection(request) {
    const token = bearerToken(request);
    if (token === undefined) return tokenMissing();
    if (token.length > maxTokenLength) return tokenInvalid('The access token is too long.');
    if (accepts && !accepts(token)) return tokenInvalid();
    const digest = sha256(token);
    return typeof digest === 'string'
      ? byDigest(token, digest)
      : digest.then((text) => byDigest(token, text));
  };
}

interface Answer {
  readonly verdict: Principal | Challenge;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

interface KeptAnswer {
  readonly verdict: Principal | Challenge;
  readonly from: number;
  readonly until: number;
}

function tokenAsker(options: IntrospectionOptions, clock: Clock) {
  const { issuer, clientId, clientSecret, clientAuthentication = 'basic', onSourceFailed } = options;
  const endpoint = sourceUrl('endpoint', options.endpoint);
  const audiences = audiencesOf(options.audience);
  const toleranceMs = atLeastZero('clockToleranceSeconds', options.clockToleranceSeconds ?? 30) * 1000;
  if (!['basic', 'post'].includes(clientAuthentication)) {
    throw new InvalidOptionError('clientAuthentication', 'must be "basic" or "post"');
  }
  const limits = {
    clock,
    timeoutMs: positive('timeoutMs', options.timeoutMs ?? 5_000),
    maxBytes: MAX_SOURCE_BYTES,
  };
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    ...(clientAuthentication === 'basic' && { authorization: basic(clientId, clientSecret) }),
  };
  const own = clientAuthentication === 'post' ? { client_id: clientId, client_secret: clientSecret } : {};

  function judge(claims: TokenClaims): Answer {
    const { active, iss, exp, nbf, aud, token_type: type } = claims;
    const now = clock.now();
    if (active !== true) return refuse();
    if (iss !== undefined && iss !== issuer) return refuse();
    if (exp !== undefined && typeof exp !== 'number') return refuse();
    const expiresAt = exp === undefined ? Infinity : exp * 1000;
    if (now >= expiresAt + toleranceMs) return refuse('The access token has expired.');
    if (nbf !== undefined && !(typeof nbf === 'number' && now + toleranceMs >= nbf * 1000)) {
      return refuse('The access token is not valid yet.');
    }
    // Refresh tokens are active too. They have another type, or no type and no audience.
    const isTyped = type !== undefined || audiences === undefined;
    if (isTyped && (typeof type !== 'string' || type.toLowerCase() !== 'bearer')) return refuse();
    if (isSenderConstrained(claims)) {
      return refuse('The access token needs a proof of possession, which this server cannot check.');
    }
    if (audiences && !isFor(audiences, aud)) return refuse('The access token is not for this server.');
    const principal = principalOf(issuer, claims, options);
    return principal ? { verdict: principal, expiresAt } : refuse();
  }

  return async function askAboutToken(token: string): Promise<Answer> {
    const body = new URLSearchParams({ token, token_type_hint: 'access_token', ...own }).toString();
    let claims: TokenClaims;
    try {
      const answer = await askSource(endpoint, { method: 'POST', headers, body }, limits);
      if (answer.status !== 200) throw new AuthSourceError(endpoint, `answered with status ${answer.status}`);
      if (!isRecord(answer.body))
        throw new AuthSourceError(endpoint, 'answered with something else than claims');
      claims = answer.body;
    } catch (error) {
      if (!(error instanceof AuthSourceError)) throw error;
      quietly(() => onSourceFailed?.(error));
      return { verdict: authUnavailable(), expiresAt: 0 };
    }
    return judge(claims);
  };
}

function refuse(description?: string): Answer {
  return { verdict: tokenInvalid(description), expiresAt: 0 };
}

function audiencesOf(audience: string | readonly string[]): readonly string[] | undefined {
  if (audience === 'any') return undefined;
  const audiences = typeof audience === 'string' ? [audience] : [...audience];
  if (audiences.length > 0 && !audiences.includes('')) return audiences;
  throw new InvalidOptionError(
    'audience',
    'must name this server, or be "any" to take tokens for others too',
  );
}

/** RFC 6749, section 2.3.1: both parts are form-encoded first. */
function basic(clientId: string, clientSecret: string): string {
  const [id, secret] = [clientId, clientSecret].map((part) =>
    new URLSearchParams({ '': part }).toString().slice(1),
  );
  return `Basic ${btoa(`${id}:${secret}`)}`;
}
