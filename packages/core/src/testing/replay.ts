import { systemClock, type Clock } from '../clock.ts';
import type { Dispatcher } from '../dispatcher.ts';
import type { Exchange } from '../exchange.ts';
import { silentLogger } from '../logger.ts';
import { metaOf, type ClientDescription } from '../protocol/envelope.ts';
import { ErrorCode } from '../protocol/error-codes.ts';
import {
  errorResponse,
  isRecord,
  kindOf,
  type JsonRpcRequest,
  type JsonRpcResponse,
} from '../protocol/json-rpc.ts';
import type { Implementation, JsonObject, ServerNotification } from '../protocol/messages.ts';
import { MetaKey } from '../protocol/meta.ts';
import { negotiateLegacy } from '../protocol/revisions.ts';
import { matchKey, parseCassette, type CassetteEntry, type Redact } from './cassette.ts';
import { overWire } from './wire.ts';

/** Options of {@link replay}. */
export interface ReplayOptions {
  /** The one the cassette was recorded with, so that what clients send now is compared in the same form. */
  readonly redact?: Redact;
  readonly clock?: Clock;
}

/**
 * Answers from a cassette, for tests of clients: serve it with any transport, or give it to `createTestClient`. The
 * nth time a message comes it gets its nth answer, and the last one from then on; a message that was never recorded
 * gets an error that says so.
 *
 * @throws {ToolyardError} `BAD_CASSETTE`
 */
export function replay(
  cassette: string | readonly CassetteEntry[],
  { redact, clock = systemClock }: ReplayOptions = {},
): Dispatcher {
  const recorded = new Map<string, CassetteEntry[]>();
  for (const entry of typeof cassette === 'string' ? parseCassette(cassette) : cassette) {
    const key = matchKey(entry.era, entry.message);
    recorded.set(key, [...(recorded.get(key) ?? []), entry]);
  }
  /** Ends requests that have no recorded answer. */
  const open = new Map<string, () => void>();

  return {
    async dispatch(message, exchange) {
      const kind = kindOf(message);
      if (kind === 'notification') {
        const { method, params } = message as { method: string; params?: JsonObject };
        if (method === 'notifications/cancelled') open.get(openKey(exchange, params?.['requestId']))?.();
        return undefined;
      }
      if (kind !== 'request') return undefined;
      const request = message as JsonRpcRequest;
      const entries = recorded.get(matchKey(exchange.era, overWire<JsonObject>({ ...request }, redact)));
      const entry = entries && entries.length > 1 ? entries.shift() : entries?.[0];
      if (!entry) return notRecorded(request);
      return answer(request, entry, exchange);
    },
    subscribe: () => () => {},
    endSession: () => {},
    info: { name: 'replay', version: '0.0.0' },
    logger: silentLogger,
    clock,
    inputTimeoutMs: 600_000,
  };

  async function answer(
    request: JsonRpcRequest,
    entry: CassetteEntry,
    exchange: Exchange,
  ): Promise<JsonRpcResponse | undefined> {
    const { response } = entry;
    const gone = clientGone(exchange);
    if (request.method === 'initialize' && response && 'result' in response)
      await openSession(request, response.result, exchange);
    for (const event of entry.events) {
      if ('notification' in event) exchange.notify(readdress(event.notification, request));
      // A test that answers otherwise than before gets the recorded result all the same.
      else await exchange.request?.(event.request, gone.signal).catch(() => {});
    }
    if (response) return { ...readdressResponse(response, request), id: request.id };
    const key = openKey(exchange, request.id);
    await new Promise<void>((resolve) => {
      open.set(key, resolve);
      gone.signal.addEventListener('abort', () => resolve(), { once: true });
      if (gone.signal.aborted) resolve();
    });
    open.delete(key);
    return undefined;
  }
}

/** Aborts when the client is gone, whichever way its transport tells. */
function clientGone(exchange: Exchange): { readonly signal: AbortSignal } {
  if (!exchange.opened && exchange.signal) return { signal: exchange.signal };
  const gone = new AbortController();
  exchange.opened?.({ giveUp: (reason) => gone.abort(reason) });
  return gone;
}

async function openSession(
  { params }: JsonRpcRequest,
  result: JsonObject,
  { session }: Exchange,
): Promise<void> {
  const client: ClientDescription = {
    info: params?.['clientInfo'] as Implementation | undefined,
    capabilities: params?.['capabilities'] ?? {},
  };
  await session?.update({
    protocolVersion: negotiateLegacy(result['protocolVersion']),
    client,
    subscriptions: [],
  });
}

/** A recorded notification with the token or subscription of the request it is sent for now. */
function readdress(notification: ServerNotification, request: JsonRpcRequest): ServerNotification {
  const { method, params } = notification;
  if (!params) return notification;
  const progressToken = metaOf(request.params)?.[MetaKey.progressToken];
  return {
    method,
    params: {
      ...withSubscription(params, request),
      ...(method === 'notifications/progress' && progressToken !== undefined && { progressToken }),
    },
  };
}

function readdressResponse(response: JsonRpcResponse, request: JsonRpcRequest): JsonRpcResponse {
  return 'result' in response
    ? { ...response, result: withSubscription(response.result, request) }
    : response;
}

function withSubscription(body: JsonObject, { id }: JsonRpcRequest): JsonObject {
  const meta = body['_meta'];
  if (!isRecord(meta) || !(MetaKey.subscriptionId in meta)) return body;
  return { ...body, _meta: { ...meta, [MetaKey.subscriptionId]: id } };
}

function notRecorded({ id, method, params }: JsonRpcRequest): JsonRpcResponse {
  const { _meta, ...asked } = params ?? {};
  return errorResponse(id, {
    code: ErrorCode.internalError,
    message: `Not in the cassette: ${method} ${JSON.stringify(asked)}`,
    data: { code: 'NOT_RECORDED' },
  });
}

function openKey({ scope }: Exchange, requestId: unknown): string {
  return JSON.stringify([scope, requestId]);
}
