import type { Clock, Middleware } from '@toolyard/core';

import type { Authenticate } from '../endpoint/auth.ts';
import type { AuthRequest } from '../endpoint/message.ts';

/** Who is meant, without what they may do. */
export interface AuthSubject {
  readonly id: string;
  readonly issuer?: string | undefined;
  readonly clientId?: string | undefined;
}

/** What became of one request. Plain JSON; no credential is in it. */
export interface AuthDecision {
  /** ISO 8601, UTC. */
  readonly time: string;
  /** `unavailable`: nobody could tell. `failed`: the `auth` function threw. */
  readonly outcome: 'allowed' | 'refused' | 'unavailable' | 'failed';
  /** The status of a refusal. */
  readonly status?: number | undefined;
  /** The OAuth error code of a refusal. Absent where no credential was sent. */
  readonly error?: string | undefined;
  /** What the client is told. */
  readonly reason?: string | undefined;
  readonly principal?: AuthSubject | undefined;
  /** A name for the credential: the same for the same one, in this process alone. */
  readonly credential?: string | undefined;
  readonly address?: string | undefined;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

/** Something that may be an attack. Each is told once per window for the same address, credential or principal. */
export type SecurityEvent = { readonly time: string; readonly windowMs: number } & (
  | {
      /** Many credentials from one address were refused. */
      readonly type: 'failuresRepeated';
      readonly address: string;
      readonly count: number;
    }
  | {
      /** One credential came from many addresses: it was copied, or its holder moves a lot. */
      readonly type: 'credentialShared';
      readonly credential: string;
      readonly principal: AuthSubject;
      readonly addresses: readonly string[];
    }
  | {
      /** A principal tried many things it has no rights for. */
      readonly type: 'scopesProbed';
      readonly principal: AuthSubject;
      readonly targets: readonly string[];
    }
);

/** Options of {@link authEvents}. */
export interface AuthEventsOptions {
  /** Gets every decision: the audit trail of authentication. Keep it cheap; what it throws is ignored. */
  readonly onDecision?: ((decision: AuthDecision) => void) | undefined;
  /** What it throws is ignored. */
  readonly onSecurityEvent?: ((event: SecurityEvent) => void) | undefined;
  /** How long things are counted together. Default 60 000. */
  readonly windowMs?: number | undefined;
  /** Defaults: `failures` 10 per address, `addresses` 5 per credential, `targets` 5 per principal. */
  readonly thresholds?:
    { readonly failures?: number; readonly addresses?: number; readonly targets?: number } | undefined;
  /** Addresses, credentials and principals that are counted at a time; the ones seen last stay. Default 10 000 each. */
  readonly maxTracked?: number | undefined;
  /**
   * Where a request comes from. Default: the other end of the connection. Behind a proxy that is the proxy: give the
   * address your proxy reports, if nobody gets past it.
   */
  readonly addressOf?: ((request: AuthRequest) => string | undefined) | undefined;
  readonly clock?: Clock | undefined;
}

/** What looks on. */
export interface AuthEvents {
  /** `auth`, watched. Around everything that decides: outside of `anyOf`, inside of `protectedResource.protect`. */
  readonly watch: (auth: Authenticate) => Authenticate;
  /** For `app.use`: tells what principals ask for without the rights. */
  readonly middleware: Middleware;
}
