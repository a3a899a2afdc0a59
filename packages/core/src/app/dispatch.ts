import { CancelledError, MethodNotFoundError, ShutdownError, ToolyardError } from '../errors.ts';
import { isPromiseLike, type Awaitable } from '../awaitable.ts';
import type { Exchange, OpenCall } from '../exchange.ts';
import { readEnvelope } from '../protocol/envelope.ts';
import { ErrorCode } from '../protocol/error-codes.ts';
import {
  answerableId,
  errorResponse,
  isRecord,
  kindOf,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResponse,
  type RequestId,
} from '../protocol/json-rpc.ts';
import type { CallToolResult, JsonObject } from '../protocol/messages.ts';
import { projectLegacy, projectModern } from '../protocol/project.ts';
import { ASSUMED_LEGACY_REVISION, MODERN_REVISION } from '../protocol/revisions.ts';
import { CallState } from './call-state.ts';
import { CallView } from './call-view.ts';
import type { AppCore } from './core.ts';
import { answerError } from './failures.ts';
import { InputRequired } from './input.ts';
import { findMethod } from './methods/method-table.ts';
import { runLayers } from './pipeline.ts';
import { askClient } from './run-handler.ts';

const NOTHING = Object.freeze({});

/**
 * Answers one parsed message: a response for a request, `undefined` for a notification, for a response (which is the
 * transport's to match), and for a request its client has given up.
 */
export function dispatch(
  core: AppCore,
  message: unknown,
  exchange: Exchange,
): Promise<JsonRpcResponse | undefined> {
  switch (kindOf(message)) {
    case 'request':
      return answer(core, message as JsonRpcRequest, exchange);
    case 'notification':
      return observe(core, message as JsonRpcNotification, exchange);
    case 'response':
      return Promise.resolve(undefined);
    case 'invalid': {
      const error = {
        code: ErrorCode.invalidRequest,
        message: 'Invalid Request: not a JSON-RPC 2.0 message.',
      };
      return Promise.resolve(errorResponse(answerableId(message), error));
    }
  }
}

/** A request; calls in process have no id. */
type Answerable = Omit<JsonRpcRequest, 'id'> & { readonly id?: RequestId };

/** Answers a request: see {@link dispatch}. */
export async function answer(
  core: AppCore,
  request: Answerable,
  exchange: Exchange,
): Promise<JsonRpcResponse | undefined> {
  const { id = 0 } = request;
  const state = openCall(core, request, exchange);
  if (!(state instanceof CallState)) return errorResponse(id, state);

  const cancelKey = exchange.scope === undefined ? undefined : cancelKeyOf(exchange.scope, id);
  if (cancelKey !== undefined && core.cancellable.has(cancelKey)) {
    return errorResponse(id, {
      code: ErrorCode.invalidRequest,
      message: 'A request with this id is still being answered.',
    });
  }
  if (cancelKey !== undefined) core.cancellable.set(cancelKey, state);
  core.active.add(state);
  const unfollow = follow(exchange, state);
  const startedAt = core.clock.monotonic();
  const call = new CallView(state, NOTHING, state.params, undefined);
  try {
    const result = checkResult(await runOrAsk(core, call), state);
    if (state.givenUp) throw state.abortError();
    if (state.target?.kind === 'tool' && 'content' in result && state.hears('toolCalled')) {
      const durationMs = core.clock.monotonic() - startedAt;
      state.emit('toolCalled', { call, result: result as unknown as CallToolResult, durationMs });
    }
    return { jsonrpc: '2.0', id, result: project(core, state, result) };
  } catch (error) {
    if (state.givenUp) {
      announceGivenUp(call, core.clock.monotonic() - startedAt);
      return undefined;
    }
    const outcome = answerError(call, error, core.clock.monotonic() - startedAt);
    if ('error' in outcome) return errorResponse(id, outcome.error);
    return { jsonrpc: '2.0', id, result: project(core, state, outcome.result) };
  } finally {
    unfollow?.();
    core.active.delete(state);
    if (cancelKey !== undefined) core.cancellable.delete(cancelKey);
    state.settle();
  }
}

function announceGivenUp(call: CallView, durationMs: number): void {
  if (call.target?.kind !== 'tool') return;
  call.state.emit('toolFailed', { call, error: call.state.abortError(), incident: undefined, durationMs });
}

/** Gives the call up when its client is gone. */
function follow(exchange: Exchange, call: OpenCall): (() => void) | undefined {
  if (exchange.opened) {
    exchange.opened(call);
    return undefined;
  }
  const { signal } = exchange;
  if (signal === undefined) return undefined;
  const giveUp = () => call.giveUp(signal.reason);
  if (signal.aborted) giveUp();
  else signal.addEventListener('abort', giveUp);
  return () => signal.removeEventListener('abort', giveUp);
}

/** Methods of 2026 that may answer with a question. */
const ASKING: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

/** A question of middleware becomes a result, as one of a handler does. */
function runOrAsk(core: AppCore, call: CallView): Awaitable<unknown> {
  const running = runRequest(core, call);
  if (!isPromiseLike(running) || call.era !== 'modern' || !ASKING.has(call.method)) return running;
  return running.then(undefined, (error: unknown) => {
    if (error instanceof InputRequired && !call.state.givenUp) return askClient(call);
    throw error;
  });
}

function runRequest(core: AppCore, call: CallView): Awaitable<unknown> {
  const { state } = call;
  if (core.closing) throw new ShutdownError();
  const method = findMethod(core, state.method);
  const served = method && (method.era === undefined || method.era === state.exchange.era);
  if (!served) {
    state.served = false;
    const layers = core.layersFor(state.method);
    return runLayers(layers, call, () => Promise.reject(new MethodNotFoundError(state.method)));
  }
  const resolution = method.resolve(core, state.params, state);
  state.target = resolution.target;
  state.path = resolution.path;
  state.outputSchema = resolution.outputSchema;
  state.startTimeout(resolution.timeoutMs ?? core.settings.timeoutMs);
  const layers = resolution.layers ?? core.layersFor(state.method);
  return runLayers(layers, call, resolution.run);
}

function checkResult(result: unknown, { method }: CallState): JsonObject {
  if (isRecord(result)) return result;
  throw new ToolyardError(
    'NO_RESULT',
    `Middleware ended ${method} without a result: return what next() gives.`,
  );
}

/** The call a request opens, or the error of a 2026 request whose envelope is not in order. */
function openCall(core: AppCore, message: Answerable, exchange: Exchange) {
  if (exchange.era === 'legacy') {
    const record = exchange.session?.record;
    return new CallState(
      core,
      exchange,
      message,
      record?.client ?? exchange.client ?? { capabilities: {} },
      record?.protocolVersion ?? exchange.protocolVersion ?? ASSUMED_LEGACY_REVISION,
      record?.logLevel,
    );
  }
  if (exchange.client && exchange.protocolVersion) {
    return new CallState(
      core,
      exchange,
      message,
      exchange.client,
      exchange.protocolVersion,
      exchange.logLevel,
    );
  }
  const reading = readEnvelope(message.params);
  if ('error' in reading) return reading.error;
  const { client, protocolVersion, logLevel } = reading.envelope;
  return new CallState(core, exchange, message, client, protocolVersion, logLevel);
}

function project(core: AppCore, state: CallState, result: JsonObject): JsonObject {
  const { exchange, method, protocolVersion, outputSchema } = state;
  if (exchange.era === 'legacy') return projectLegacy(method, result, protocolVersion, outputSchema);
  return projectModern(method, result, { serverInfo: core.settings.info, cache: core.settings.cache });
}

/** Runs a notification through the pipeline. It has no answer, so whatever fails is only logged. */
async function observe(
  core: AppCore,
  notification: JsonRpcNotification,
  exchange: Exchange,
): Promise<undefined> {
  const { method, params } = notification;
  const known = exchange.era === 'modern' ? { capabilities: {} } : exchange.session?.record?.client;
  const version =
    exchange.session?.record?.protocolVersion ?? (exchange.era === 'modern' ? MODERN_REVISION : undefined);
  const state = new CallState(
    core,
    exchange,
    notification,
    exchange.client ?? known ?? { capabilities: {} },
    exchange.protocolVersion ?? version ?? ASSUMED_LEGACY_REVISION,
    undefined,
  );
  core.active.add(state);
  const unfollow = follow(exchange, state);
  state.startTimeout(core.settings.timeoutMs);
  try {
    await runLayers(
      core.layersFor(method),
      new CallView(state, NOTHING, params ?? {}, undefined),
      async (call) => {
        if (method === 'notifications/cancelled') cancel(core, exchange, call.params);
        return undefined;
      },
    );
  } catch (err) {
    state.log.warn({ err }, 'A notification failed.');
  } finally {
    unfollow?.();
    core.active.delete(state);
    state.settle();
  }
}

/** Gives up a request of the same client. Unknown ids are ignored: the answer may be on its way already. */
function cancel(core: AppCore, { scope }: Exchange, { requestId, reason }: JsonObject): void {
  if (scope === undefined || (typeof requestId !== 'string' && typeof requestId !== 'number')) return;
  const state = core.cancellable.get(cancelKeyOf(scope, requestId));
  if (state?.method === 'initialize') return;
  state?.abort(new CancelledError(typeof reason === 'string' ? reason : undefined));
}

function cancelKeyOf(scope: string, id: RequestId): string {
  return `${scope}\n${typeof id}\n${id}`;
}
