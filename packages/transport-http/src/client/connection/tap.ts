import type { TransportLike } from '../options.ts';
import type { Counters } from '../statistics.ts';

/** Stands in the `data` of the error that a request gets whose stream broke; known by identity. */
export const STREAM_LOST = Object.freeze({ reason: 'The stream broke before the answer came.' });

/** Event ids of calls that were given up, kept so that nobody resumes their streams. */
const MAX_GIVEN_UP = 256;

interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: { readonly requestId?: unknown };
}

interface SendOptions {
  readonly requestSignal?: AbortSignal;
}

/** What is known of the requests that go over a transport. */
export interface Tap {
  /** What the stream belongs to that goes on after this event. */
  ownerOf(eventId: string): 'call' | 'given-up call' | undefined;
}

/**
 * Counts what goes over a transport, and answers requests whose stream ended without an answer: nobody else would,
 * until they time out.
 */
export function tap(transport: TransportLike, counters: Counters): Tap {
  /** Requests without an answer, with the last event of their stream. */
  const open = new Map<number, string | undefined>();
  const givenUp = new Set<string>();
  const send = transport.send.bind(transport);

  const lose = (id: number) => {
    if (!open.delete(id)) return;
    const error = { code: 0, message: STREAM_LOST.reason, data: STREAM_LOST };
    transport.onmessage?.({ jsonrpc: '2.0', id, error });
  };
  const giveUp = (id: number) => {
    const eventId = open.get(id);
    open.delete(id);
    if (eventId === undefined) return;
    givenUp.add(eventId);
    for (const oldest of givenUp) {
      if (givenUp.size <= MAX_GIVEN_UP) break;
      givenUp.delete(oldest);
    }
  };

  // The SDK hands every message to the listener it finds before it looks at the message itself.
  const onmessage = ({ id, method }: Message) => {
    counters.received += 1;
    if (method === undefined && typeof id === 'number') open.delete(id);
  };
  Object.assign(transport, { onmessage });
  transport.send = (message: Message, options: SendOptions | undefined) => {
    counters.sent += 1;
    const { id, method, params } = message;
    if (method === 'notifications/cancelled' && typeof params?.requestId === 'number')
      giveUp(params.requestId);
    // Ids that are strings are those of the SDK's own probes and subscriptions, which see to themselves.
    if (typeof id !== 'number' || method === undefined) return send(message, options);
    open.set(id, undefined);
    options?.requestSignal?.addEventListener('abort', () => giveUp(id), { once: true });
    const sent = send(message, {
      ...options,
      onRequestStreamEnd: () => lose(id),
      onresumptiontoken: (eventId: string) => open.has(id) && open.set(id, eventId),
    });
    sent.catch(() => open.delete(id));
    return sent;
  };

  return {
    ownerOf(eventId) {
      if (givenUp.has(eventId)) return 'given-up call';
      for (const last of open.values()) if (last === eventId) return 'call';
      return undefined;
    },
  };
}
