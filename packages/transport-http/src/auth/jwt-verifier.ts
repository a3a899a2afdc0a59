import { InvalidOptionError, type Clock, type Principal } from '@toolyard/core';
import { isRecord } from '@toolyard/core/protocol';
import { decodeJwt, errors, jwtVerify, type JWTVerifyGetKey, type JWTVerifyResult } from 'jose';

import type { Challenge } from '../endpoint/auth.ts';
import { authUnavailable, tokenInvalid } from './bearer.ts';
import { jwtKeys } from './jwt-keys.ts';
import type { JwtAuthOptions, JwtIssuer } from './jwt-options.ts';
import { atLeastZero } from './options.ts';
import { AuthSourceError } from './source.ts';
import { isSenderConstrained, principalOf, type TokenClaims } from './token-principal.ts';

/** A token that holds, and for how long. */
export interface FoundToken {
  readonly principal: Principal;
  readonly claims: TokenClaims;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

interface KnownIssuer extends JwtIssuer {
  readonly audience: readonly string[];
  readonly algorithms: readonly string[];
  readonly types: readonly string[];
  readonly findKey: JWTVerifyGetKey;
}

const ALGORITHMS = ['RS', 'PS', 'ES'].flatMap((family) => [256, 384, 512].map((bits) => `${family}${bits}`));
const DEFAULT_ALGORITHMS: readonly string[] = [...ALGORITHMS, 'EdDSA', 'Ed25519'];
const KNOWN_ALGORITHMS = new Set([...DEFAULT_ALGORITHMS, 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87']);

/** Checks tokens, each against the issuer it names. */
export function jwtVerifier(
  options: JwtAuthOptions,
  clock: Clock,
): (token: string) => Promise<FoundToken | Challenge> {
  if (options.issuers.length === 0) throw new InvalidOptionError('issuers', 'must name at least one');
  const issuers = new Map<unknown, KnownIssuer>();
  for (const issuer of options.issuers) {
    if (issuers.has(issuer.issuer)) throw new InvalidOptionError('issuers', `has ${issuer.issuer} twice`);
    issuers.set(issuer.issuer, knownIssuer(issuer, options, clock));
  }
  const tolerance = atLeastZero('clockToleranceSeconds', options.clockToleranceSeconds ?? 30);

  return async function verifyToken(token: string): Promise<FoundToken | Challenge> {
    // Unverified: it only says which keys to look at, and `jwtVerify` holds the token to it.
    const from = issuers.get(unverifiedIssuer(token));
    if (!from) return tokenInvalid('The access token is of no issuer this server trusts.');
    let verified: JWTVerifyResult;
    try {
      verified = await jwtVerify(token, from.findKey, {
        issuer: from.issuer,
        audience: [...from.audience],
        algorithms: [...from.algorithms],
        requiredClaims: ['exp', 'sub'],
        clockTolerance: tolerance,
        currentDate: new Date(clock.now()),
      });
    } catch (error) {
      if (error instanceof AuthSourceError) return authUnavailable();
      return tokenInvalid(problemOf(error));
    }
    const { payload, protectedHeader } = verified;
    if (!hasType(protectedHeader.typ, from.types)) return tokenInvalid('This is no access token.');
    if (isSenderConstrained(payload)) {
      return tokenInvalid('The access token needs a proof of possession, which this server cannot check.');
    }
    const principal = principalOf(from.issuer, payload, from);
    if (!principal) return tokenInvalid();
    return { principal, claims: payload, expiresAt: (payload.exp ?? 0) * 1000 };
  };
}

function knownIssuer(issuer: JwtIssuer, options: JwtAuthOptions, clock: Clock): KnownIssuer {
  const audience = typeof issuer.audience === 'string' ? [issuer.audience] : [...issuer.audience];
  if (audience.length === 0 || audience.includes('')) {
    throw new InvalidOptionError('audience', 'must name this server, or tokens for others would be taken');
  }
  const algorithms = issuer.algorithms ?? DEFAULT_ALGORITHMS;
  const unknown = algorithms.find((algorithm) => !KNOWN_ALGORITHMS.has(algorithm));
  if (unknown !== undefined || algorithms.length === 0) {
    throw new InvalidOptionError('algorithms', `must be some of ${[...KNOWN_ALGORITHMS].join(', ')}`);
  }
  const types = (issuer.types ?? ['at+jwt', 'jwt', '']).map((type) => type.toLowerCase());
  return { ...issuer, audience, algorithms, types, findKey: jwtKeys(issuer, options, clock) };
}

function unverifiedIssuer(token: string): unknown {
  try {
    const claims: unknown = decodeJwt(token);
    return isRecord(claims) ? claims['iss'] : undefined;
  } catch {
    return undefined;
  }
}

function hasType(type: unknown, types: readonly string[]): boolean {
  if (type === undefined) return types.includes('');
  return typeof type === 'string' && types.includes(type.toLowerCase().replace(/^application\//, ''));
}

function problemOf(error: unknown): string | undefined {
  if (error instanceof errors.JWTExpired) return 'The access token has expired.';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return 'The access token is not for this server.';
    if (error.claim === 'nbf') return 'The access token is not valid yet.';
    if (error.reason === 'missing') return `The access token lacks "${error.claim}".`;
  }
  return undefined;
}
