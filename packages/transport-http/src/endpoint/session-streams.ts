import type { ServerNotification } from '@toolyard/core/protocol';

import { STANDING, type EventPosition, type MissedEvent } from '../sessions/session-log.ts';
import type { HttpSession } from '../sessions/session.ts';
import { httpError, refuse } from './answer.ts';
import { followStream } from './follow-stream.ts';
import { findSession, withSession, type LegacyServing } from './legacy.ts';
import type { Arrival } from './arrival.ts';
import type { OpenExchange } from './open-exchanges.ts';
import { openSharedStanding } from './shared-standing.ts';
import { KEEP_ALIVE, SSE_HEADERS, sseText } from './sse.ts';
import { subscribe } from './subscribe.ts';

/** Opens the standing stream of a session, or resumes any of its streams by the id of the last event seen. */
export async function serveStream(serving: LegacyServing, arrival: Arrival): Promise<void> {
  const { incoming, reply, accepts, headers } = arrival;
  if (!accepts.stream) {
    refuse(reply, 406, httpError('This answers with text/event-stream; accept it.'), headers);
    return;
  }
  const session = await findSession(serving, arrival);
  if (!session) return;
  const { node } = serving.pool;
  const { shared } = session;
  const lastEventId = incoming.header('last-event-id');
  // An EventSource that has seen no id has the empty one.
  const position = lastEventId ? session.log.find(lastEventId) : undefined;
  if (lastEventId && !position) {
    refuse(reply, 400, httpError('Bad Request: Last-Event-ID is not one of this session.'), headers);
  } else if (!position || position.stream === STANDING) {
    // Even if it was given up meanwhile: a client that once had a standing stream always asks for it this way.
    if (node && shared)
      return openSharedStanding({ serving, node, session, shared, arrival, from: position });
    openStanding(serving, session, arrival, position && session.localLog.after(position));
  } else if (node && shared) {
    return followStream({ serving, node, session, shared, arrival, from: position });
  } else {
    resume(session, arrival, position);
  }
}

/** The newest standing stream wins; the one before is closed. */
function openStanding(
  serving: LegacyServing,
  session: HttpSession,
  arrival: Arrival,
  missed: readonly MissedEvent[] = [],
): void {
  session.dropStanding();
  const channel = session.openChannel({ onAbandoned: () => session.dropStanding() }, STANDING);
  const notify = (notification: ServerNotification) => channel.send({ jsonrpc: '2.0', ...notification });
  const unsubscribe = subscribe(serving, session, arrival, notify);
  if (!unsubscribe) return session.closeChannel(channel);
  const exchange: OpenExchange = {
    listening: true,
    beat: () => channel.keepAlive(KEEP_ALIVE),
    abort: () => session.dropStanding(),
  };
  serving.open.add(exchange);
  session.setStanding(channel, () => {
    serving.open.delete(exchange);
    unsubscribe();
  });
  channel.open(arrival.reply, withSession(arrival.headers, session), missed);
  // Something at once, so that the client and all between see that the stream is open.
  channel.keepAlive(KEEP_ALIVE);
}

/** Continues the answer of a call. */
function resume(session: HttpSession, { reply, headers }: Arrival, from: EventPosition): void {
  const channel = session.channel(from.stream);
  const missed = session.localLog.after(from);
  const sink = reply.open(200, { ...SSE_HEADERS, ...withSession(headers, session) });
  if (!channel) {
    // Its call is over, yet what was written last may have been lost with the connection.
    for (const { id, text } of missed) sink.write(sseText(text, id));
    sink.end();
    return;
  }
  channel.attach(sink, missed);
  if (channel.finished) session.closeChannel(channel);
}
