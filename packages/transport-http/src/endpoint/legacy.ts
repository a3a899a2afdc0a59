import type { Awaitable } from '@toolyard/core';
import {
  answerableId,
  ErrorCode,
  errorResponse,
  isRecord,
  isRevision,
  kindOf,
  LEGACY_REVISIONS,
  stringifyMessage,
  type JsonRpcError,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResponse,
} from '@toolyard/core/protocol';

import type { SessionPool } from '../sessions/session-pool.ts';
import type { HttpSession } from '../sessions/session.ts';
import { andThen, isPromise } from '../sessions/state-promise.ts';
import { finish, httpError, refuse, unavailable } from './answer.ts';
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
    if (await findSession(serving, arrival, message)) refuse(reply, 400, error, headers, message.id);
    return;
  }
  const session = pool.open(arrival.principal);
  if (!session) {
    refuse(reply, 503, NO_ROOM, { ...headers, ...NO_ROOM_HEADERS }, message.id);
    return;
  }
  const own: Record<string, string> = withSession(headers, session);
  const exchange = new SessionExchange(session, arrival, own, message.id);
  let isOpen = false;
  try {
    const response = await dispatchIn(serving, session, exchange, message, (answer) => answer);
    const isAccepted = session.record !== undefined && response !== undefined && 'result' in response;
    const refusal = isAccepted ? await saveNew(serving, session) : undefined;
    isOpen = isAccepted && !refusal;
    if (!isOpen) delete own['mcp-session-id'];
    if (refusal) exchange.refuse(503, errorResponse(message.id, refusal.error), refusal.headers);
    else finish(serving, exchange, response);
  } finally {
    if (!isOpen) pool.discard(session);
  }
}

/** Makes a new session known to all nodes; tells why that cannot be. */
async function saveNew(
  { pool, app }: LegacyServing,
  session: HttpSession,
): Promise<{ error: JsonRpcError; headers: HttpHeaders } | undefined> {
  try {
    return (await pool.save(session)) ? undefined : { error: NO_ROOM, headers: NO_ROOM_HEADERS };
  } catch (error) {
    return unavailable(app, error);
  }
}

const NO_ROOM = httpError('The server has no room for another session.');
const NO_ROOM_HEADERS = { 'retry-after': '30' };

/** Serves one message inside a session. */
export function serveInSession(serving: LegacyServing, arrival: Arrival, body: unknown): Awaitable<void> {
  const found = findSession(serving, arrival, body);
  if (!isPromise(found)) return found && serveMessage(serving, arrival, found, body);
  return found.then((session) => session && serveMessage(serving, arrival, session, body));
}

function serveMessage(
  serving: LegacyServing,
  arrival: Arrival,
  session: HttpSession,
  body: unknown,
): Awaitable<void> {
  if (Array.isArray(body)) return serveBatch(serving, arrival, session, body);
  switch (kindOf(body)) {
    case 'response':
      return andThen(serving.pool.settle(session, body as JsonRpcResponse), () =>
        arrival.reply.send(202, arrival.headers),
      );
    case 'notification':
      return serveNotification(serving, arrival, session, body as JsonRpcNotification);
    default: {
      const { id } = body as JsonRpcRequest;
      const exchange = new SessionExchange(session, arrival, withSession(arrival.headers, session), id);
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
export async function serveDelete(serving: LegacyServing, arrival: Arrival): Promise<void> {
  const session = await findSession(serving, arrival);
  if (!session) return;
  await serving.pool.end(session);
  arrival.reply.send(200, arrival.headers);
}

/**
 * The session a request names, if it is its principal's; otherwise the request is refused.
 *
 * @param body - of the request, for the id a refusal answers.
 */
export function findSession(
  { pool, app }: LegacyServing,
  arrival: Arrival,
  body?: unknown,
): Awaitable<HttpSession | undefined> {
  const { incoming, reply, headers, principal } = arrival;
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
  const found = pool.find(id, principal);
  if (!isPromise(found)) return checkFound(arrival, found);
  return found.then(
    (session) => checkFound(arrival, session),
    (error: unknown) => {
      const refusal = unavailable(app, error);
      refuse(reply, 503, refusal.error, { ...headers, ...refusal.headers }, answerableId(body));
      return undefined;
    },
  );
}

function checkFound(
  { incoming, reply, headers }: Arrival,
  session: HttpSession | undefined,
): HttpSession | undefined {
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
  { app, pool }: LegacyServing,
  arrival: Arrival,
  session: HttpSession,
  message: JsonRpcNotification,
): Promise<void> {
  arrival.reply.send(202, arrival.headers);
  await app.dispatch(message, new SessionExchange(session, arrival, arrival.headers));
  if (isCancellation(message)) await pool.node?.cancel(session, message);
}

function isCancellation(message: unknown): message is JsonRpcNotification {
  return isRecord(message) && message['method'] === 'notifications/cancelled';
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
        await serving.pool.settle(session, message as JsonRpcResponse);
        return undefined;
      }
      if (isCancellation(message)) await serving.pool.node?.cancel(session, message);
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
