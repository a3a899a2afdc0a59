import type { Principal } from '@toolyard/core';

import type { AuthRequest, HttpHeaders } from './message.ts';

/** A refusal: what the client has to bring instead. Made by {@link challenge}. */
export interface Challenge {
  readonly challenge: true;
  /** 429 and 503 say nothing about the credentials. */
  readonly status: 401 | 403 | 429 | 503;
  readonly headers: HttpHeaders;
  readonly message: string;
}

/** Tells on whose behalf a request comes, or what is missing. Called for each request but health and preflight. */
export interface Authenticate {
  (request: AuthRequest): Principal | Challenge | Promise<Principal | Challenge>;
  /** URL of the protected-resource metadata (RFC 9728), for refusals of what a principal lacks scopes for. */
  readonly resourceMetadata?: string | undefined;
}

/** What {@link challenge} takes. */
export interface ChallengeOptions {
  /** Default 401: no usable credentials. 403: known, but not allowed. */
  readonly status?: 401 | 403;
  /** Default `Bearer`. */
  readonly scheme?: string;
  /** OAuth error code: `invalid_token`, `insufficient_scope`. */
  readonly error?: string;
  readonly description?: string;
  readonly scopes?: readonly string[];
  /** URL of the protected-resource metadata (RFC 9728). */
  readonly resourceMetadata?: string;
}

/**
 * A refusal for an `auth` function to return.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3
 */
export function challenge(options: ChallengeOptions = {}): Challenge {
  const { status = 401, scheme = 'Bearer', error, description, scopes, resourceMetadata } = options;
  const parameters = Object.entries({
    error,
    error_description: description,
    scope: scopes?.join(' '),
    resource_metadata: resourceMetadata,
  }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${value.replaceAll(/[^\x20-\x7e]|["\\]/g, '')}"`],
  );
  return {
    challenge: true,
    status,
    headers: { 'www-authenticate': [scheme, parameters.join(', ')].filter(Boolean).join(' ') },
    message: description ?? (status === 401 ? 'Authentication is required.' : 'Access is denied.'),
  };
}

export function isChallenge(value: Principal | Challenge): value is Challenge {
  return 'challenge' in value;
}
