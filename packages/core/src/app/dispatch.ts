import { CancelledError, MethodNotFoundError, ShutdownError, ToolyardError } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
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
import { findMethod } from './methods/method-table.ts';
import { runLayers } from './pipeline.ts';

const NOTHING = Object.freeze({});

/**
 * Answers one parsed message: a response for a request, `undefined` for a notification, for a response (which is the
 * transport's to match), and for a request its client has given up.
 */
export async function dispatch(
  core: AppCore,
  message: unknown,
  exchange: Exchange,
): Promise<JsonRpcResponse | undefined> {
  switch (kindOf(message)) {
    case 'request':
      return answer(core, message as JsonRpcRequest, exchange);
    case 'notification':
      await observe(core, message as JsonRpcNotification, exchange);
      return undefined;
    case 'response':
      return undefined;
    case 'invalid':
      return errorResponse(answerableId(message), {
        code: ErrorCode.invalidRequest,
        message: 'Invalid Request: not a JSON-RPC 2.0 message.',
      });
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
  const onDisconnect = () => state.abort(disconnectReason(exchange.signal.reason));
  if (exchange.signal.aborted) onDisconnect();
  else exchange.signal.addEventListener('abort', onDisconnect);

  const startedAt = core.clock.now();
  const call = new CallView(state, NOTHING, state.params, undefined);
  try {
    const result = await runRequest(core, call);
    if (state.givenUp) throw state.abortError();
    if (state.target?.kind === 'tool' && 'content' in result && state.hears('toolCalled')) {
      const durationMs = core.clock.now() - startedAt;
      state.emit('toolCalled', { call, result: result as unknown as CallToolResult, durationMs });
    }
    return { jsonrpc: '2.0', id, result: project(core, state, result) };
  } catch (error) {
    if (state.givenUp) {
      announceGivenUp(call, core.clock.now() - startedAt);
      return undefined;
    }
    const outcome = answerError(call, error, core.clock.now() - startedAt);
    if ('error' in outcome) return errorResponse(id, outcome.error);
    return { jsonrpc: '2.0', id, result: project(core, state, outcome.result) };
  } finally {
    exchange.signal.removeEventListener('abort', onDisconnect);
    core.active.delete(state);
    if (cancelKey !== undefined) core.cancellable.delete(cancelKey);
    state.settle();
  }
}

function announceGivenUp(call: CallView, durationMs: number): void {
  if (call.target?.kind !== 'tool') return;
  call.state.emit('toolFailed', { call, error: call.state.abortError(), incident: undefined, durationMs });
}

function disconnectReason(reason: unknown): CancelledError {
  return reason instanceof CancelledError
    ? reason
    : new CancelledError('The client is gone.', { cause: reason });
}

async function runRequest(core: AppCore, call: CallView): Promise<JsonObject> {
  const { state } = call;
  if (core.closing) throw new ShutdownError();
  const method = findMethod(core, state.method);
  const served = method && (method.era === undefined || method.era === state.exchange.era);
  if (!served) {
    state.served = false;
    const layers = core.layersFor(state.method);
    return checkResult(
      await runLayers(layers, call, () => Promise.reject(new MethodNotFoundError(state.method))),
      state,
    );
  }
  const resolution = method.resolve(core, state.params, state);
  state.target = resolution.target;
  state.path = resolution.path;
  state.outputSchema = resolution.outputSchema;
  state.startTimeout(resolution.timeoutMs ?? core.settings.timeoutMs);
  const layers = resolution.layers ?? core.layersFor(state.method);
  return checkResult(await runLayers(layers, call, resolution.run), state);
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
async function observe(core: AppCore, notification: JsonRpcNotification, exchange: Exchange): Promise<void> {
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
