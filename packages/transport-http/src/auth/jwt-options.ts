import type { Clock } from '@toolyard/core';

import type { AuthSourceError } from './source.ts';
import type { ClaimMapping, TokenClaims } from './token-principal.ts';

/** Whose tokens are taken, and for what. */
export interface JwtIssuer extends ClaimMapping {
  /** As it stands in `iss`, character for character. */
  readonly issuer: string;
  /** As it stands in `aud`: the URL of this server, or several where it has more names. Tokens for others are refused. */
  readonly audience: string | readonly string[];
  /** Where its keys are. Default: what its metadata says (RFC 8414, OpenID Connect Discovery). */
  readonly jwksUri?: string | undefined;
  /** Its public keys (JWK), where they are not fetched at all. */
  readonly keys?: readonly Readonly<Record<string, unknown>>[] | undefined;
  /** Origins besides the issuer's own where its metadata may place the keys: `https://www.googleapis.com`. */
  readonly keyOrigins?: readonly string[] | undefined;
  /**
   * Default: RS, PS and ES with 256, 384 and 512 bits, and Ed25519. Algorithms with a shared secret are not for access
   * tokens: whoever can check them can make them.
   */
  readonly algorithms?: readonly string[] | undefined;
  /** `typ` headers that are taken, in lower case. Default `at+jwt`, `jwt`, and none at all. */
  readonly types?: readonly string[] | undefined;
}

/** Options of {@link jwtAuth}. */
export interface JwtAuthOptions {
  readonly issuers: readonly JwtIssuer[];
  /**
   * Tokens that were found valid, by digest. `maxEntries`: default 5 000. `maxAgeMs`: until the signature is checked
   * again, and so how long a token outlives its key; default 60 000. `false` checks each time.
   */
  readonly cache?: { readonly maxEntries?: number; readonly maxAgeMs?: number } | false | undefined;
  /**
   * Fetched keys. `maxAgeMs`: until they are fetched again; default 600 000. `maxStaleMs`: how long they are used when
   * the issuer does not answer; default 3 600 000. `cooldownMs`: at most one fetch in that time, also for unknown key
   * ids and after failures; default 30 000. `timeoutMs`: default 5 000.
   */
  readonly keyFetch?:
    | {
        readonly maxAgeMs?: number;
        readonly maxStaleMs?: number;
        readonly cooldownMs?: number;
        readonly timeoutMs?: number;
      }
    | undefined;
  /** How far clocks may differ. Default 30. */
  readonly clockToleranceSeconds?: number | undefined;
  /** Longer tokens are refused unread. Default 16 384. */
  readonly maxTokenLength?: number | undefined;
  /** Asked for each request, also when the token is in the cache: for tokens that end before they
   * expire. While it fails, nobody gets in. */
  readonly isRevoked?: ((claims: TokenClaims) => boolean | Promise<boolean>) | undefined;
  /** Told when keys cannot be fetched, at most once per `cooldownMs` and issuer. What it throws is ignored. */
  readonly onSourceFailed?: ((error: AuthSourceError) => void) | undefined;
  readonly clock?: Clock | undefined;
}
