import { CancelledError, type App } from '@toolyard/core';
import { MetaKey, type JsonObject, type JsonRpcResponse } from '@toolyard/core/protocol';

import type { OpenExchanges } from '../endpoint/open-exchanges.ts';
import type { Visit } from '../beside/front.ts';
import type { Answer } from './answer.ts';
import { RestExchange, type CallWatcher } from './exchange.ts';
import { outcomeOfCall } from './outcome.ts';

/** What it takes to ask an app. */
export interface RestServing {
  readonly app: App<any, any>;
  readonly open: OpenExchanges;
  /** In front of all paths. */
  readonly path: string;
}

/** One call of a tool. */
export interface ToolRequest {
  readonly name: string;
  readonly arguments: JsonObject;
  /** Makes a repeat harmless, where the app uses `idempotency`. */
  readonly idempotencyKey?: string | undefined;
  /** Answers to the questions of an earlier round, and the state that came with these. */
  readonly inputResponses?: unknown;
  readonly requestState?: unknown;
}

/** Calls a tool through the app's pipeline. Resolves also when it fails. */
export async function callTool(
  serving: RestServing,
  visit: Visit,
  request: ToolRequest,
  watcher?: CallWatcher,
): Promise<Answer> {
  const { name, arguments: args, idempotencyKey, inputResponses, requestState } = request;
  const meta = {
    ...traceOf(visit),
    ...(idempotencyKey !== undefined && { 'toolyard/idempotencyKey': idempotencyKey }),
    ...(watcher && { [MetaKey.progressToken]: 1 }),
  };
  const params = {
    name,
    arguments: args,
    ...(Object.keys(meta).length > 0 && { _meta: meta }),
    ...(inputResponses !== undefined && { inputResponses }),
    ...(requestState !== undefined && { requestState }),
  };
  const response = await ask(serving, visit, 'tools/call', params, watcher);
  return outcomeOfCall(response, `${serving.path}/tools/${name}:continue`);
}

/** Sends one request through the app's pipeline. It is given up when the client is gone. */
export async function ask(
  { app, open }: RestServing,
  visit: Visit,
  method: string,
  params: JsonObject,
  watcher?: CallWatcher,
): Promise<JsonRpcResponse | undefined> {
  const exchange = new RestExchange(visit, watcher);
  open.add(exchange);
  try {
    const response = app.dispatch({ jsonrpc: '2.0', id: 0, method, params }, exchange);
    visit.reply.onGone(() => exchange.abort(new CancelledError('The client is gone.')));
    return await response;
  } finally {
    open.delete(exchange);
  }
}

/** The trace context of HTTP, where the protocol has it. */
function traceOf({ incoming }: Visit): JsonObject {
  const meta: JsonObject = {};
  for (const key of [MetaKey.traceparent, MetaKey.tracestate, MetaKey.baggage]) {
    const value = incoming.header(key);
    if (value !== undefined) meta[key] = value;
  }
  return meta;
}
