import {
  ErrorCode,
  isRevision,
  kindOf,
  LEGACY_REVISIONS,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResponse,
  type Revision,
  type ServerNotification,
} from '@toolyard/core/protocol';

import { parseEventId } from '../sessions/event-log.ts';
import type { SessionPool } from '../sessions/session-pool.ts';
import type { HttpSession } from '../sessions/session.ts';
import { httpError, refuse } from './answer.ts';
import type { HttpHeaders } from './message.ts';
import { serveStateless, type Arrival, type Serving } from './modern.ts';
import { SessionExchange } from './session-exchange.ts';
import { SSE_HEADERS, KEEP_ALIVE, sseEvent } from './sse.ts';
import { StatelessExchange } from './stateless-exchange.ts';

/** What the sessions of 2025 clients add to {@link Serving}. */
export interface LegacyServing extends Serving {
  readonly pool: SessionPool;
}

/** Messages one batch may hold. */
const MAX_BATCH = 100;

/** Opens a session with `initialize`. */
export async function serveInitialize(serving: LegacyServing, arrival: Arrival, message: JsonRpcRequest): Promise<void> {
  const { app, pool } = serving;
  const { principal, tenant, incoming, reply, accepts, headers } = arrival;
  const session = pool.create(principal);
  if (!session) {
    refuse(reply, 503, httpError('The server has no room for another session.'), { ...headers, 'retry-after': '30' }, message.id);
    return;
  }
  const own = { ...headers, 'mcp-session-id': session.id };
  const exchange = new SessionExchange(session, tenant, incoming, reply, accepts, own);
  const response = await app.dispatch(message, exchange);
  if (session.record && response && 'result' in response) pool.keep(session);
  exchange.finish(response);
}

/** Serves one message inside a session. */
export async function serveInSession(serving: LegacyServing, arrival: Arrival, body: unknown): Promise<void> {
  const { reply, headers } = arrival;
  const session = findSession(serving, arrival);
  if (!session) return;
  if (Array.isArray(body)) {
    await serveBatch(serving, arrival, session, body);
    return;
  }
  switch (kindOf(body)) {
    case 'response':
      session.settle(body as JsonRpcResponse);
      reply.send(202, headers);
      return;
    case 'notification':
      await serveNotification(serving, arrival, session, body as JsonRpcNotification);
      return;
    default: {
      const { incoming, accepts, tenant } = arrival;
      const exchange = new SessionExchange(session, tenant, incoming, reply, accepts, headers);
      exchange.finish(await dispatchIn(serving, session, exchange, body));
    }
  }
}

/** Serves a message of a 2025 client where sessions are not wanted. */
export async function serveWithoutSession(serving: Serving, arrival: Arrival, message: unknown): Promise<void> {
  const { incoming, reply, headers, principal, tenant } = arrival;
  const version = incoming.header('mcp-protocol-version')?.trim();
  const protocolVersion: Revision | undefined = isRevision(version) ? version : undefined;
  const context = { era: 'legacy', principal, tenant, protocolVersion, client: undefined, logLevel: undefined } as const;
  const exchange = new StatelessExchange(context, '', arrival);
  if (kindOf(message) === 'request') {
    await serveStateless(serving, message as JsonRpcRequest, exchange);
    return;
  }
  reply.send(202, headers);
  await serving.app.dispatch(message, exchange);
}

/** Opens the standing stream of a session, or resumes any of its streams by the id of the last event seen. */
export function serveStream(serving: LegacyServing, arrival: Arrival): void {
  const { incoming, reply, accepts, headers } = arrival;
  if (!accepts.stream) {
    refuse(reply, 406, httpError('This answers with text/event-stream; accept it.'), headers);
    return;
  }
  const session = findSession(serving, arrival);
  if (!session) return;
  const lastEventId = incoming.header('last-event-id');
  if (lastEventId === undefined) openStanding(serving, session, arrival);
  else resume(session, arrival, lastEventId);
}

/** Ends a session. */
export function serveDelete(serving: LegacyServing, arrival: Arrival): void {
  const session = findSession(serving, arrival);
  if (!session) return;
  serving.pool.end(session);
  arrival.reply.send(200, arrival.headers);
}

function findSession({ pool }: LegacyServing, { incoming, reply, headers, principal }: Arrival): HttpSession | undefined {
  const id = incoming.header('mcp-session-id');
  if (id === undefined) {
    refuse(reply, 400, httpError('Bad Request: the Mcp-Session-Id header is missing; open a session with initialize.'), headers);
    return undefined;
  }
  const session = pool.find(id, principal);
  if (!session) {
    refuse(reply, 404, httpError('Session not found; open another with initialize.', ErrorCode.sessionNotFound), headers);
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

async function serveNotification(
  { app }: Serving,
  { incoming, reply, accepts, headers, tenant }: Arrival,
  session: HttpSession,
  message: JsonRpcNotification,
): Promise<void> {
  reply.send(202, headers);
  await app.dispatch(message, new SessionExchange(session, tenant, incoming, reply, accepts, headers));
}

async function dispatchIn(
  { app, heartbeat, open }: Serving,
  session: HttpSession,
  exchange: SessionExchange,
  message: unknown,
): Promise<JsonRpcResponse | undefined> {
  session.inFlight += 1;
  heartbeat.add(exchange);
  open.add(exchange);
  try {
    return await app.dispatch(message, exchange);
  } finally {
    session.inFlight -= 1;
    heartbeat.delete(exchange);
    open.delete(exchange);
  }
}

/**
 * JSON-RPC batches exist in 2025-03-26 alone. Their answers come back as one array.
 *
 * @see https://modelcontextprotocol.io/specification/2025-03-26/basic#batching
 */
async function serveBatch(serving: LegacyServing, arrival: Arrival, session: HttpSession, batch: readonly unknown[]): Promise<void> {
  const { incoming, reply, accepts, headers, tenant } = arrival;
  const refusal = batchProblem(batch, session);
  if (refusal !== undefined) {
    refuse(reply, 400, { code: ErrorCode.invalidRequest, message: refusal }, headers);
    return;
  }
  const json = { json: true, stream: false };
  const answers = await Promise.all(
    batch.map(async (message) => {
      if (kindOf(message) === 'response') {
        session.settle(message as JsonRpcResponse);
        return undefined;
      }
      const exchange = new SessionExchange(session, tenant, incoming, reply, json, headers);
      return dispatchIn(serving, session, exchange, message);
    }),
  );
  const responses = answers.filter((answer) => answer !== undefined);
  if (responses.length === 0) reply.send(202, headers);
  else if (accepts.json) reply.send(200, { 'content-type': 'application/json', ...headers }, JSON.stringify(responses));
  else {
    const sink = reply.open(200, { ...SSE_HEADERS, ...headers });
    for (const response of responses) sink.write(`event: message\ndata: ${JSON.stringify(response)}\n\n`);
    sink.end();
  }
}

function batchProblem(batch: readonly unknown[], { record }: HttpSession): string | undefined {
  if (record?.protocolVersion !== '2025-03-26') return 'Batches are part of protocol revision 2025-03-26 alone.';
  if (batch.length === 0) return 'The batch is empty.';
  if (batch.length > MAX_BATCH) return `A batch can hold ${MAX_BATCH} messages.`;
  return undefined;
}

function openStanding(serving: LegacyServing, session: HttpSession, { reply, headers, principal }: Arrival): void {
  const former = session.standing;
  if (former) {
    session.stopListening?.();
    session.closeChannel(former);
  }
  const channel = session.openChannel(() => dropStanding(session));
  session.standing = channel;
  channel.open(reply, withSession(headers, session));
  channel.keepAlive(KEEP_ALIVE);
  const { app, heartbeat } = serving;
  const beating = { beat: () => channel.keepAlive(KEEP_ALIVE) };
  const notify = (notification: ServerNotification) => channel.send({ jsonrpc: '2.0', ...notification });
  const stop = app.subscribe({ principal, session, notify });
  heartbeat.add(beating);
  session.stopListening = () => {
    heartbeat.delete(beating);
    stop();
  };
}

function dropStanding(session: HttpSession): void {
  session.stopListening?.();
  session.stopListening = undefined;
  if (session.standing) session.closeChannel(session.standing);
  session.standing = undefined;
}

function resume(session: HttpSession, { reply, headers }: Arrival, lastEventId: string): void {
  const position = parseEventId(lastEventId);
  const channel = position && session.channel(position.stream);
  if (!position) {
    refuse(reply, 400, httpError('Bad Request: Last-Event-ID is not one of this server.'), headers);
    return;
  }
  const missed = session.log.after(position);
  const sink = reply.open(200, { ...SSE_HEADERS, ...withSession(headers, session) });
  if (!channel) {
    // Its call is over, yet what was written last may have been lost with the connection.
    for (const { id, message } of missed) sink.write(sseEvent(message, id));
    sink.end();
    return;
  }
  channel.attach(sink, missed);
  if (channel.finished) session.closeChannel(channel);
}

function withSession(headers: HttpHeaders, { id }: HttpSession): HttpHeaders {
  return { ...headers, 'mcp-session-id': id };
}

