import {
  isProtocolError,
  principalKey,
  systemClock,
  type Call,
  type Middleware,
  type Principal,
} from '@toolyard/core';

import { isChallenge, type Authenticate, type Challenge } from '../endpoint/auth.ts';
import type { AuthRequest } from '../endpoint/message.ts';
import type {
  AuthDecision,
  AuthEvents,
  AuthEventsOptions,
  AuthSubject,
  SecurityEvent,
} from './auth-event-types.ts';
import { bearerToken } from './bearer.ts';
import { CountedWindows } from './counted-windows.ts';
import { positive, positiveInteger } from './options.ts';
import { quietly } from './quietly.ts';
import { sha256 } from './sha256.ts';

/**
 * Watches who gets in and who does not: each decision for the audit trail, and patterns that look like an attack.
 * It changes no decision; what to do about an event is up to you.
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { serveHttp } from '@toolyard/transport-http';
 * import { apiKeyRing, apiKeys, authEvents } from '@toolyard/transport-http/auth';
 *
 * const events = authEvents({
 *   onDecision: (decision) => process.stderr.write(`${JSON.stringify(decision)}\n`),
 *   onSecurityEvent: (event) => process.stderr.write(`${JSON.stringify(event)}\n`),
 * });
 * const app = createApp({ name: 'demo', version: '1.0.0' }).use(events.middleware);
 * await serveHttp(app, { port: 3000, auth: events.watch(apiKeys(apiKeyRing())) });
 * ```
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 */
export function authEvents(options: AuthEventsOptions = {}): AuthEvents {
  const { onDecision, onSecurityEvent, clock = systemClock, addressOf = peerAddress } = options;
  const { failures = 10, addresses = 5, targets = 5 } = options.thresholds ?? {};
  const windowMs = positive('windowMs', options.windowMs ?? 60_000);
  const maxKeys = positive('maxTracked', options.maxTracked ?? 10_000);
  const windows = (name: string, threshold: number) =>
    new CountedWindows({
      threshold: positiveInteger(`thresholds.${name}`, threshold),
      windowMs,
      maxKeys,
      clock,
    });
  const failuresByAddress = windows('failures', failures);
  const addressesByCredential = windows('addresses', addresses);
  const targetsByPrincipal = windows('targets', targets);
  const nameOf = credentialNames();

  const time = () => new Date(clock.now()).toISOString();
  const tell = (event: SecurityEvent) => quietly(() => onSecurityEvent?.(event));

  function count(principal: Principal | undefined, address = 'unknown', credential?: string): void {
    if (credential === undefined) return;
    if (!principal) {
      if (failuresByAddress.add(address))
        tell({ type: 'failuresRepeated', time: time(), windowMs, address, count: failures });
      return;
    }
    const seen = addressesByCredential.addDistinct(credential, address);
    if (seen) {
      const subject = subjectOf(principal);
      tell({
        type: 'credentialShared',
        time: time(),
        windowMs,
        credential,
        principal: subject,
        addresses: seen,
      });
    }
  }

  function note(request: AuthRequest, verdict: Principal | Challenge | undefined, name?: string): void {
    const address = quietly(() => addressOf(request));
    const principal = verdict && !isChallenge(verdict) ? verdict : undefined;
    const refusal = verdict && isChallenge(verdict) ? verdict : undefined;
    const status: number | undefined = refusal?.status;
    const isRefused = status === 401 || status === 403;
    if (principal || isRefused) count(principal, address, name);
    if (!onDecision) return;
    const error = /\berror="([^"]*)"/.exec(refusal?.headers['www-authenticate'] ?? '')?.[1];
    const decision: AuthDecision = {
      time: time(),
      outcome: principal ? 'allowed' : !refusal ? 'failed' : isRefused ? 'refused' : 'unavailable',
      ...(status !== undefined && { status }),
      ...(error !== undefined && { error }),
      ...(refusal && { reason: withoutCredential(refusal.message, request) }),
      ...(principal && { principal: subjectOf(principal) }),
      ...(name !== undefined && { credential: name }),
      ...(address !== undefined && { address }),
      method: request.method.slice(0, 32),
      path: withoutCredential(request.url.split('?', 1)[0]!.slice(0, MAX_PATH_LENGTH), request),
    };
    quietly(() => onDecision(decision));
  }

  const watch = (auth: Authenticate): Authenticate =>
    async function authenticateWatched(request) {
      const credential = credentialOf(request);
      const name = credential === undefined ? undefined : await nameOf(credential);
      let verdict: Principal | Challenge | undefined;
      try {
        return (verdict = await auth(request));
      } finally {
        quietly(() => note(request, verdict, name));
      }
    };

  const watchAccess: Middleware = async function watchAccess(call, next) {
    try {
      return await next();
    } catch (error) {
      if (isDenied(error)) {
        const { principal } = call;
        const key = JSON.stringify([call.tenant ?? null, principalKey(principal)]);
        const seen = targetsByPrincipal.addDistinct(key, targetOf(call));
        if (seen)
          tell({
            type: 'scopesProbed',
            time: time(),
            windowMs,
            principal: subjectOf(principal),
            targets: seen,
          });
      }
      throw error;
    }
  };

  return { watch, middleware: watchAccess };
}

const MAX_PATH_LENGTH = 256;

function credentialOf(request: AuthRequest): string | undefined {
  return request.header('x-api-key') ?? bearerToken(request) ?? request.header('authorization');
}

/** Salted, so that the names are worth nothing to those who guess credentials, or see two servers' records. */
function credentialNames(): (credential: string) => string | Promise<string> {
  const salt = crypto.randomUUID();
  return (credential) => {
    const digest = sha256(`${salt} ${credential}`);
    return typeof digest === 'string' ? digest.slice(0, 16) : digest.then((text) => text.slice(0, 16));
  };
}

/** An `auth` function of somebody else's may quote what it refuses. */
function withoutCredential(text: string, request: AuthRequest): string {
  const sent = [request.header('x-api-key'), bearerToken(request), request.header('authorization')];
  return sent.reduce<string>((rest, one) => (one ? rest.replaceAll(one, '[credential]') : rest), text);
}

function subjectOf({ id, issuer, clientId }: Principal): AuthSubject {
  return { id, ...(issuer !== undefined && { issuer }), ...(clientId !== undefined && { clientId }) };
}

/** Without the scopes, or for a principal that may not even know of it. */
function isDenied(error: unknown): boolean {
  if (!isProtocolError(error)) return false;
  return error.code === 'ACCESS_DENIED' || ('hidden' in error && error.hidden === true);
}

/** The definition, not the URI: a template serves as many as a client can make up. */
function targetOf({ method, target }: Call): string {
  if (!target) return method;
  return `${target.kind} ${target.kind === 'resource' ? target.definition.address : target.name}`;
}

function peerAddress({ original }: AuthRequest): string | undefined {
  const message = original as { socket?: { remoteAddress?: string } } | undefined;
  return message?.socket?.remoteAddress;
}
