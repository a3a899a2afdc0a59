import type { App, Principal } from '@toolyard/core';
import {
  checkContradiction,
  checkHeaders,
  claimedVersion,
  ErrorCode,
  isModernVersion,
  MODERN_REVISIONS,
  readEnvelope,
  unsupportedVersion,
  type HeaderReader,
  type JsonRpcError,
  type JsonRpcNotification,
  type JsonRpcRequest,
} from '@toolyard/core/protocol';

import type { Accepts } from './accept.ts';
import { finish, httpError, refuse } from './answer.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { HttpHeaders, Incoming, Reply } from './message.ts';
import { StatelessExchange } from './stateless-exchange.ts';

/** What both eras need to serve one message. */
export interface Serving {
  readonly app: App<any, any>;
  readonly heartbeat: Heartbeat;
  /** Exchanges being answered. */
  readonly open: Set<Open>;
}

/** An exchange as a shutdown sees it. */
interface Open {
  /** Whether it only waits for changes, so that it can be ended at once. */
  readonly listening: boolean;
  abort(reason: unknown): void;
}

/** One authenticated message with its body parsed. */
export interface Arrival {
  readonly incoming: Incoming;
  readonly reply: Reply;
  readonly principal: Principal;
  readonly tenant: string | undefined;
  readonly accepts: Accepts;
  readonly headers: HttpHeaders;
}

/**
 * Serves a request of the 2026 era: no session, everything it needs is in it.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
export async function serveModernRequest(
  serving: Serving,
  arrival: Arrival,
  message: JsonRpcRequest,
): Promise<void> {
  const { incoming, reply, accepts, headers } = arrival;
  const header: HeaderReader = (name) => incoming.header(name);
  const reading = readEnvelope(message.params);
  if ('error' in reading) {
    // Which headers a version has that is not served is unknown; to contradict the body is wrong in each.
    const isUnserved = reading.error.code === ErrorCode.unsupportedProtocolVersion;
    const contradiction = isUnserved ? checkContradiction(message, header) : undefined;
    refuse(reply, 400, contradiction ?? reading.error, headers, message.id);
    return;
  }
  const mismatch = checkHeaders(message, header);
  if (mismatch) {
    refuse(reply, 400, mismatch, headers, message.id);
    return;
  }
  if (message.method === 'subscriptions/listen' && !accepts.stream) {
    refuse(
      reply,
      406,
      httpError('subscriptions/listen answers with text/event-stream; accept it.'),
      headers,
      message.id,
    );
    return;
  }
  const { principal, tenant } = arrival;
  const { protocolVersion, client, logLevel } = reading.envelope;
  const context = { era: 'modern', principal, tenant, protocolVersion, client, logLevel } as const;
  await serveStateless(serving, message, new StatelessExchange(context, message.method, arrival));
}

/** Dispatches one message and answers it on its own connection. */
export async function serveStateless(
  serving: Serving,
  message: JsonRpcRequest,
  exchange: StatelessExchange,
): Promise<void> {
  const { app, heartbeat, open } = serving;
  heartbeat.add(exchange);
  open.add(exchange);
  try {
    finish(serving, exchange, await app.dispatch(message, exchange));
  } finally {
    heartbeat.delete(exchange);
    open.delete(exchange);
  }
}

/** Takes a notification of the 2026 era. Its headers are checked where they are there. */
export async function serveModernNotification(
  { app }: Serving,
  arrival: Arrival,
  message: JsonRpcNotification,
): Promise<void> {
  const { incoming, reply, principal, tenant, headers } = arrival;
  const error = notificationError(message, incoming);
  if (error) {
    refuse(reply, 400, error, headers);
    return;
  }
  const context = {
    era: 'modern',
    principal,
    tenant,
    protocolVersion: undefined,
    client: undefined,
    logLevel: undefined,
  } as const;
  reply.send(202, headers);
  await app.dispatch(message, new StatelessExchange(context, message.method, arrival));
}

/** Whether headers alone say that a message is of the 2026 era, although its body does not. */
export function namesModernVersion(incoming: Incoming): boolean {
  const version = incoming.header('mcp-protocol-version');
  return version !== undefined && isModernVersion(version.trim());
}

function notificationError(message: JsonRpcNotification, incoming: Incoming): JsonRpcError | undefined {
  const contradiction = checkContradiction(message, (name) => incoming.header(name));
  if (contradiction) return contradiction;
  const version = claimedVersion(message.params) ?? incoming.header('mcp-protocol-version')?.trim();
  const isServed = version === undefined || (MODERN_REVISIONS as readonly string[]).includes(version);
  return isServed ? undefined : unsupportedVersion(version);
}
