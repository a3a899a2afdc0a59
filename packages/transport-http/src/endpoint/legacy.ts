import type { Awaitable } from '@toolyard/core';
import {
  ErrorCode,
  isRecord,
  isRevision,
  kindOf,
  LEGACY_REVISIONS,
  stringifyMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResponse,
} from '@toolyard/core/protocol';

import type { SessionPool } from '../sessions/session-pool.ts';
import type { HttpSession } from '../sessions/session.ts';
import { finish, httpError, refuse } from './answer.ts';
import type { Arrival } from './arrival.ts';
import type { HttpHeaders } from './message.ts';
import { serveStateless, type Serving } from './modern.ts';
import { SessionExchange } from './session-exchange.ts';
import { SSE_HEADERS, sseEvent } from './sse.ts';
import { StatelessExchange } from './stateless-exchange.ts';

/** What the sessions of 2025 clients add to {@link Serving}. */
export interface LegacyServing extends Serving {
  readonly pool: SessionPool;
}

/** Messages one batch may hold. */
const MAX_BATCH = 100;

/** Opens a session with `initialize`, which names none. */
export async function serveInitialize(
  serving: LegacyServing,
  arrival: Arrival,
  message: JsonRpcRequest,
): Promise<void> {
  const { pool } = serving;
  const { incoming, reply, headers } = arrival;
  if (incoming.header('mcp-session-id') !== undefined) {
    // Of a session that is over, or of somebody else, the client has to learn so; any other is open already.
    const error = {
      code: ErrorCode.invalidRequest,
      message: 'Invalid Request: this session is initialized already.',
    };
    if (findSession(serving, arrival)) refuse(reply, 400, error, headers, message.id);
    return;
  }
  const session = pool.open(arrival.principal);
  if (!session) {
    refuse(
      reply,
      503,
      httpError('The server has no room for another session.'),
      { ...headers, 'retry-after': '30' },
      message.id,
    );
    return;
  }
  const own: Record<string, string> = withSession(headers, session);
  const exchange = new SessionExchange(session, arrival, own);
  let isOpen = false;
  try {
    await dispatchIn(serving, session, exchange, message, (response) => {
      isOpen = session.record !== undefined && response !== undefined && 'result' in response;
      if (!isOpen) delete own['mcp-session-id'];
      finish(serving, exchange, response);
    });
  } finally {
    if (!isOpen) pool.end(session);
  }
}

/** Serves one message inside a session. */
export function serveInSession(serving: LegacyServing, arrival: Arrival, body: unknown): Awaitable<void> {
  const session = findSession(serving, arrival);
  if (!session) return;
  if (Array.isArray(body)) return serveBatch(serving, arrival, session, body);
  switch (kindOf(body)) {
    case 'response':
      session.settle(body as JsonRpcResponse);
      return arrival.reply.send(202, arrival.headers);
    case 'notification':
      return serveNotification(serving, arrival, session, body as JsonRpcNotification);
    default: {
      const exchange = new SessionExchange(session, arrival, withSession(arrival.headers, session));
      return dispatchIn(serving, session, exchange, body, (response) => finish(serving, exchange, response));
    }
  }
}

/** Serves a message of a 2025 client where sessions are not wanted. */
export async function serveWithoutSession(
  serving: Serving,
  arrival: Arrival,
  message: unknown,
): Promise<void> {
  const { incoming, reply, headers } = arrival;
  const version = incoming.header('mcp-protocol-version')?.trim();
  const known = isRevision(version) ? { protocolVersion: version } : {};
  const exchange = new StatelessExchange('legacy', '', arrival, known);
  if (kindOf(message) === 'request') {
    await serveStateless(serving, message as JsonRpcRequest, exchange);
    return;
  }
  reply.send(202, headers);
  await serving.app.dispatch(message, exchange);
}

/** Ends a session. */
export function serveDelete(serving: LegacyServing, arrival: Arrival): void {
  const session = findSession(serving, arrival);
  if (!session) return;
  serving.pool.end(session);
  arrival.reply.send(200, arrival.headers);
}

/** The session a request names, if it is its principal's; otherwise the request is refused. */
export function findSession(
  { pool }: LegacyServing,
  { incoming, reply, headers, principal }: Arrival,
): HttpSession | undefined {
  const id = incoming.header('mcp-session-id');
  if (id === undefined) {
    refuse(
      reply,
      400,
      httpError('Bad Request: the Mcp-Session-Id header is missing; open a session with initialize.'),
      headers,
    );
    return undefined;
  }
  const session = pool.find(id, principal);
  if (!session) {
    refuse(
      reply,
      404,
      httpError('Session not found; open another with initialize.', ErrorCode.sessionNotFound),
      headers,
    );
    return undefined;
  }
  const version = incoming.header('mcp-protocol-version')?.trim();
  if (version !== undefined && !(LEGACY_REVISIONS as readonly string[]).includes(version)) {
    const message = `Bad Request: unsupported MCP-Protocol-Version ${version}; this session speaks ${session.record?.protocolVersion}.`;
    refuse(reply, 400, httpError(message), headers);
    return undefined;
  }
  return session;
}

/** Headers of an answer that belongs to a session. */
export function withSession(headers: HttpHeaders, { id }: HttpSession): HttpHeaders {
  return { ...headers, 'mcp-session-id': id };
}

async function serveNotification(
  { app }: Serving,
  arrival: Arrival,
  session: HttpSession,
  message: JsonRpcNotification,
): Promise<void> {
  arrival.reply.send(202, arrival.headers);
  await app.dispatch(message, new SessionExchange(session, arrival, arrival.headers));
}

async function dispatchIn<T>(
  { app, open }: Serving,
  session: HttpSession,
  exchange: SessionExchange,
  message: unknown,
  answer: (response: JsonRpcResponse | undefined) => T,
): Promise<T> {
  session.enter();
  open.add(exchange);
  try {
    return answer(await app.dispatch(message, exchange));
  } finally {
    session.leave();
    open.delete(exchange);
  }
}

/**
 * JSON-RPC batches exist in 2025-03-26 alone. Their answers come back as one array.
 *
 * @see https://modelcontextprotocol.io/specification/2025-03-26/basic#batching
 */
async function serveBatch(
  serving: LegacyServing,
  arrival: Arrival,
  session: HttpSession,
  batch: readonly unknown[],
): Promise<void> {
  const { reply, accepts, headers } = arrival;
  const refusal = batchProblem(batch, session);
  if (refusal !== undefined) {
    refuse(reply, 400, { code: ErrorCode.invalidRequest, message: refusal }, headers);
    return;
  }
  const alone = { ...arrival, accepts: { json: true, stream: false } };
  const answers = await Promise.all(
    batch.map(async (message) => {
      if (kindOf(message) === 'response') {
        session.settle(message as JsonRpcResponse);
        return undefined;
      }
      const exchange = new SessionExchange(session, alone, alone.headers);
      return dispatchIn(serving, session, exchange, message, (response) => response);
    }),
  );
  const responses = answers.filter((answer) => answer !== undefined);
  const own = withSession(headers, session);
  if (responses.length === 0) reply.send(202, headers);
  else if (accepts.json) reply.send(200, own, stringifyMessage(responses));
  else {
    const sink = reply.open(200, { ...SSE_HEADERS, ...own });
    for (const response of responses) sink.write(sseEvent(response));
    sink.end();
  }
}

function batchProblem(batch: readonly unknown[], { record }: HttpSession): string | undefined {
  if (record?.protocolVersion !== '2025-03-26')
    return 'Batches are part of protocol revision 2025-03-26 alone.';
  if (batch.length === 0) return 'The batch is empty.';
  if (batch.length > MAX_BATCH) return `A batch can hold ${MAX_BATCH} messages.`;
  if (batch.some((message) => isRecord(message) && message['method'] === 'initialize'))
    return 'initialize cannot be part of a batch.';
  return undefined;
}
