import type { Dispatcher } from '../dispatcher.ts';
import type { Exchange } from '../exchange.ts';
import { isRecord, type JsonRpcResponse } from '../protocol/json-rpc.ts';
import type { JsonObject } from '../protocol/messages.ts';
import type { CassetteEntry, CassetteEvent, Redact } from './cassette.ts';
import { overWire } from './wire.ts';

/** An app whose exchanges are written down; serve it in place of the app. */
export interface Recording extends Dispatcher {
  /** So far, in the order the messages came. */
  readonly entries: readonly CassetteEntry[];
  /** The cassette: JSON lines, the same for the same exchanges. */
  toJsonl(): string;
}

/**
 * Records what clients say to an app and what it answers. What the app announces outside of requests is not recorded.
 *
 * @param options - `redact`: see {@link Redact}. Cassettes end up in repositories: take secrets out here.
 *
 * @example
 * ```ts
 * import { createApp, defineTool } from '@toolyard/core';
 * import { createTestClient, recordExchanges, replay } from '@toolyard/core/testing';
 *
 * const roll = defineTool({ name: 'roll', run: () => Math.ceil(Math.random() * 6) });
 * const recording = recordExchanges(createApp({ name: 'dice', version: '1.0.0' }).add(roll));
 * await createTestClient(recording).call(roll);
 *
 * const replayed = createTestClient(replay(recording.toJsonl()));
 * await replayed.call(roll); // what was rolled before
 * ```
 */
export function recordExchanges(app: Dispatcher, { redact }: { readonly redact?: Redact } = {}): Recording {
  const entries: CassetteEntry[] = [];
  const sessions = new Map<string, number>();

  const sessionNumber = (id: string): number => {
    if (!sessions.has(id)) sessions.set(id, sessions.size + 1);
    return sessions.get(id)!;
  };

  return {
    entries,
    toJsonl: () => entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
    async dispatch(message, exchange) {
      // Answers of clients are part of the exchange that asked.
      if (!isRecord(message) || typeof message['method'] !== 'string') return app.dispatch(message, exchange);
      const events: CassetteEvent[] = [];
      const entry: CassetteEntry & { response: JsonRpcResponse | null } = {
        era: exchange.era,
        ...(exchange.session && { session: sessionNumber(exchange.session.id) }),
        message: overWire<JsonObject>(message, redact),
        events,
        response: null,
      };
      entries.push(entry);
      const response = await app.dispatch(
        message,
        overhear(exchange, (event) => events.push(overWire(event, redact))),
      );
      if (response) entry.response = overWire(response, redact);
      return response;
    },
    subscribe: (subscriber) => app.subscribe(subscriber),
    endSession: (id) => app.endSession(id),
    info: app.info,
    logger: app.logger,
    clock: app.clock,
    inputTimeoutMs: app.inputTimeoutMs,
  };
}

/** The same exchange, with `record` hearing everything the server says. */
function overhear(exchange: Exchange, record: (event: CassetteEvent) => void): Exchange {
  // Spelled out, because an exchange may be an object of a class with private parts.
  const { transport, era, protocolVersion, client, logLevel, principal, tenant, session, scope, signal } =
    exchange;
  const heard: { [K in keyof Required<Exchange>]: Exchange[K] | undefined } = {
    transport,
    era,
    protocolVersion,
    client,
    logLevel,
    principal,
    tenant,
    session,
    scope,
    signal,
    peer: exchange.peer,
    opened: exchange.opened && ((call) => exchange.opened!(call)),
    header: exchange.header && ((name) => exchange.header!(name)),
    detach: exchange.detach && (() => exchange.detach!()),
    notify(notification) {
      record({ notification });
      exchange.notify(notification);
    },
    request:
      exchange.request &&
      (async (request, givenUp) => {
        try {
          const answer = await exchange.request!(request, givenUp);
          record({ request, answer });
          return answer;
        } catch (error) {
          record({ request, error: error instanceof Error ? error.message : String(error) });
          throw error;
        }
      }),
  };
  return heard as Exchange;
}
