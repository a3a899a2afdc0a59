import type { ServerNotification } from '@toolyard/core/protocol';

import { STANDING, type EventPosition } from '../sessions/session-log.ts';
import { CLAIM_MS } from '../sessions/session-pool.ts';
import type { HttpSession } from '../sessions/session.ts';
import type { SharedSession } from '../sessions/shared-session.ts';
import type { StateNode } from '../sessions/state-node.ts';
import type { StreamClaim } from '../sessions/state.ts';
import type { Arrival } from './arrival.ts';
import { withSession, type LegacyServing } from './legacy.ts';
import type { OpenExchange } from './open-exchanges.ts';
import { KEEP_ALIVE } from './sse.ts';
import { subscribe } from './subscribe.ts';

/** A request for a stream of a session that all nodes know. */
export interface SharedStreamRequest {
  readonly serving: LegacyServing;
  readonly node: StateNode;
  readonly session: HttpSession;
  readonly shared: SharedSession;
  readonly arrival: Arrival;
}

interface StandingRequest extends SharedStreamRequest {
  /** The last event that the client has seen. */
  readonly from: EventPosition | undefined;
}

/**
 * Opens the standing stream of a session whose stream may be open on any node. The newest wins: it claims the stream,
 * and from then on nobody else can write it.
 */
export async function openSharedStanding(request: StandingRequest): Promise<void> {
  const { serving, node, session, shared, arrival, from } = request;
  // Before the claim: what another node may not write any more has to be heard here.
  const early: ServerNotification[] = [];
  let notify = (notification: ServerNotification): void => void early.push(notification);
  const unsubscribe = subscribe(serving, session, arrival, (notification) => notify(notification));
  if (!unsubscribe) return;
  let claim: StreamClaim;
  let missed;
  try {
    claim = await node.state.events.claim(session.id, STANDING, node.id, CLAIM_MS);
    missed = from ? await shared.missed(from) : [];
  } catch (error) {
    unsubscribe();
    throw error;
  }
  if (claim.epoch < (shared.log.epoch ?? 0)) {
    // Another request for it came later and was quicker.
    unsubscribe();
    arrival.reply.send(204, withSession(arrival.headers, session));
    return;
  }
  session.dropStanding();
  shared.log.epoch = claim.epoch;
  const channel = session.openChannel(
    {
      onAbandoned: () => {
        session.dropStanding();
        void release(request, claim);
      },
      onTakenOver: (text) => {
        if (shared.log.epoch === claim.epoch) session.dropStanding();
        void node.tellOvertaken(session, text);
      },
    },
    STANDING,
  );
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
  channel.keepAlive(KEEP_ALIVE);
  notify = (notification) => channel.send({ jsonrpc: '2.0', ...notification });
  for (const notification of early) notify(notification);
  void repair(request, claim, notify);
}

/** Tells the client to look at everything again, where something may have escaped it. */
async function repair(
  request: StandingRequest,
  claim: StreamClaim,
  notify: (notification: ServerNotification) => void,
): Promise<void> {
  const { session, shared } = request;
  if (await isComplete(request, claim)) return;
  if (shared.log.epoch !== claim.epoch || !session.hasStanding) return;
  for (const notification of everything(session)) notify(notification);
}

/** Whether everything that changed until the claim was written down: by its former holder, if it can still say so. */
async function isComplete(
  { node, session, shared, from }: StandingRequest,
  claim: StreamClaim,
): Promise<boolean> {
  if (claim.former === undefined) return from === undefined;
  if (claim.former !== node.id) return node.takeOver(session, claim);
  const { isIncomplete } = shared.log;
  shared.log.isIncomplete = false;
  return !isIncomplete;
}

/** To look again does clients no harm. */
function everything({ record }: HttpSession): ServerNotification[] {
  return [
    { method: 'notifications/tools/list_changed' },
    { method: 'notifications/prompts/list_changed' },
    { method: 'notifications/resources/list_changed' },
    ...(record?.subscriptions ?? []).map((uri) => ({
      method: 'notifications/resources/updated' as const,
      params: { uri },
    })),
  ];
}

async function release(
  { node, session, serving }: SharedStreamRequest,
  { epoch }: StreamClaim,
): Promise<void> {
  try {
    await node.state.events.renew(session.id, STANDING, epoch, 0);
  } catch (err) {
    serving.app.logger.warn({ err }, 'A stream could not be given back.');
  }
}
