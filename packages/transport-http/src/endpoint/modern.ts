import type { App } from '@toolyard/core';
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

import { finish, httpError, refuse } from './answer.ts';
import type { Arrival } from './arrival.ts';
import type { Incoming } from './message.ts';
import type { OpenExchanges } from './open-exchanges.ts';
import { StatelessExchange } from './stateless-exchange.ts';

/** What both eras need to serve one message. */
export interface Serving {
  readonly app: App<any, any>;
  readonly open: OpenExchanges;
}

/**
 * Serves a request of the 2026 era: no session, everything it needs is in it.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
export function serveModernRequest(
  serving: Serving,
  arrival: Arrival,
  message: JsonRpcRequest,
): Promise<void> | void {
  const { incoming, reply, accepts, headers } = arrival;
  const header: HeaderReader = (name) => incoming.header(name);
  const reading = readEnvelope(message.params);
  if ('error' in reading) {
    // Which headers a version has that is not served is unknown; to contradict the body is wrong in each.
    const isUnserved = reading.error.code === ErrorCode.unsupportedProtocolVersion;
    const contradiction = isUnserved ? checkContradiction(message, header) : undefined;
    return refuse(reply, 400, contradiction ?? reading.error, headers, message.id);
  }
  const mismatch = checkHeaders(message, header);
  if (mismatch) return refuse(reply, 400, mismatch, headers, message.id);
  if (message.method === 'subscriptions/listen' && !accepts.stream) {
    const error = httpError('subscriptions/listen answers with text/event-stream; accept it.');
    return refuse(reply, 406, error, headers, message.id);
  }
  const exchange = new StatelessExchange('modern', message.method, arrival, reading.envelope);
  return serveStateless(serving, message, exchange);
}

/** Dispatches one message and answers it on its own connection. */
export async function serveStateless(
  serving: Serving,
  message: JsonRpcRequest,
  exchange: StatelessExchange,
): Promise<void> {
  const { app, open } = serving;
  open.add(exchange);
  try {
    finish(serving, exchange, await app.dispatch(message, exchange));
  } finally {
    open.delete(exchange);
  }
}

/** Takes a notification of the 2026 era. Its headers are checked where they are there. */
export async function serveModernNotification(
  { app }: Serving,
  arrival: Arrival,
  message: JsonRpcNotification,
): Promise<void> {
  const { incoming, reply, headers } = arrival;
  const error = notificationError(message, incoming);
  if (error) {
    refuse(reply, 400, error, headers);
    return;
  }
  reply.send(202, headers);
  await app.dispatch(message, new StatelessExchange('modern', message.method, arrival, {}));
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
