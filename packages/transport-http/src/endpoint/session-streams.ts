import { isProtocolError } from '@toolyard/core';
import type { ServerNotification } from '@toolyard/core/protocol';

import type { EventPosition } from '../sessions/event-log.ts';
import type { HttpSession } from '../sessions/session.ts';
import { STANDING } from '../sessions/session.ts';
import { httpError, refuse } from './answer.ts';
import { findSession, withSession, type LegacyServing } from './legacy.ts';
import type { Arrival } from './arrival.ts';
import type { OpenExchange } from './open-exchanges.ts';
import { KEEP_ALIVE, SSE_HEADERS, sseEvent } from './sse.ts';

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
  // An EventSource that has seen no id has the empty one.
  if (!lastEventId) {
    openStanding(serving, session, arrival);
    return;
  }
  const position = session.log.find(lastEventId);
  if (!position) {
    refuse(reply, 400, httpError('Bad Request: Last-Event-ID is not one of this session.'), headers);
  } else if (position.stream === STANDING) {
    // Even if it was given up meanwhile: a client that once had a standing stream always asks for it this way.
    openStanding(serving, session, arrival, position);
  } else {
    resume(session, arrival, position);
  }
}

/** The newest standing stream wins; the one before is closed. */
function openStanding(
  { app, open }: LegacyServing,
  session: HttpSession,
  { reply, headers, principal }: Arrival,
  from?: EventPosition,
): void {
  session.dropStanding();
  const channel = session.openChannel(() => session.dropStanding(), STANDING);
  const notify = (notification: ServerNotification) => channel.send({ jsonrpc: '2.0', ...notification });
  const missed = from ? session.log.after(from) : [];
  let unsubscribe: () => void;
  try {
    unsubscribe = app.subscribe({ principal, session, notify });
  } catch (error) {
    session.closeChannel(channel);
    if (!isProtocolError(error) || error.code !== 'LIMIT_EXCEEDED') throw error;
    refuse(reply, 503, httpError(error.message), { ...headers, 'retry-after': '30' });
    return;
  }
  const exchange: OpenExchange = {
    listening: true,
    beat: () => channel.keepAlive(KEEP_ALIVE),
    abort: () => session.dropStanding(),
  };
  open.add(exchange);
  session.setStanding(channel, () => {
    open.delete(exchange);
    unsubscribe();
  });
  channel.open(reply, withSession(headers, session), missed);
  // Something at once, so that the client and all between see that the stream is open.
  channel.keepAlive(KEEP_ALIVE);
}

/** Continues the answer of a call. */
function resume(session: HttpSession, { reply, headers }: Arrival, from: EventPosition): void {
  const channel = session.channel(from.stream);
  const missed = session.log.after(from);
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
