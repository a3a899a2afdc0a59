import { InvalidOptionError, type Clock } from '@toolyard/core';
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

import { discoverKeysUrl } from './issuer-metadata.ts';
import type { JwtAuthOptions, JwtIssuer } from './jwt-options.ts';
import { positive } from './options.ts';
import { RemoteKeys } from './remote-keys.ts';
import { isSourceUrl, MAX_SOURCE_BYTES, sourceUrl } from './source.ts';

/** The keys of an issuer: given, at a place that is given, or where its metadata says. */
export function jwtKeys(issuer: JwtIssuer, options: JwtAuthOptions, clock: Clock): JWTVerifyGetKey {
  const { keys, jwksUri, keyOrigins = [] } = issuer;
  if (keys) {
    if (jwksUri !== undefined) throw new InvalidOptionError('keys', 'and jwksUri exclude each other');
    return fixedKeys(keys);
  }
  const {
    maxAgeMs = 600_000,
    maxStaleMs = 3_600_000,
    cooldownMs = 30_000,
    timeoutMs = 5_000,
  } = options.keyFetch ?? {};
  const limits = { clock, timeoutMs: positive('keyFetch.timeoutMs', timeoutMs), maxBytes: MAX_SOURCE_BYTES };
  const times = {
    maxAgeMs: positive('keyFetch.maxAgeMs', maxAgeMs),
    maxStaleMs: positive('keyFetch.maxStaleMs', maxStaleMs),
    cooldownMs: positive('keyFetch.cooldownMs', cooldownMs),
  };
  const place = jwksUri === undefined ? undefined : sourceUrl('jwksUri', jwksUri);
  if (!place && !isSourceUrl(issuer.issuer)) {
    throw new InvalidOptionError(
      'issuer',
      'must be an https: URL to find its keys by; else give jwksUri or keys',
    );
  }
  const origins = place
    ? undefined
    : new Set([issuer.issuer, ...keyOrigins].map((text) => sourceUrl('keyOrigins', text).origin));
  let found: Promise<URL> | undefined;
  const locate = (): Promise<URL> => {
    if (place) return Promise.resolve(place);
    // Asked once: keys move to a new place hardly ever, and a failure is not kept.
    found ??= discoverKeysUrl(issuer.issuer, origins!, limits).catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
  return new RemoteKeys(locate, { ...limits, ...times, onSourceFailed: options.onSourceFailed }).find;
}

function fixedKeys(keys: readonly Readonly<Record<string, unknown>>[]): JWTVerifyGetKey {
  try {
    return createLocalJWKSet({ keys } as unknown as JSONWebKeySet);
  } catch {
    throw new InvalidOptionError('keys', 'must be public keys as JWK');
  }
}
