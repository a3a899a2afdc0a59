import { CancelledError, isProtocolError, isToolError, ShutdownError, type ProtocolError, type ToolError } from '../errors.ts';
import { ErrorCode } from '../protocol/error-codes.ts';
import type { JsonRpcError } from '../protocol/json-rpc.ts';
import type { JsonObject } from '../protocol/messages.ts';
import { text } from '../results.ts';
import type { CallView } from './call-view.ts';

/** Where a {@link ToolError} keeps its code and data inside a tool result. */
export const ERROR_META_KEY = 'toolyard/error';

type Answer = { readonly error: JsonRpcError } | { readonly result: JsonObject };

/**
 * Turns what a call failed with into what its client may know. A `ToolError` becomes a tool result, a `ProtocolError`
 * a JSON-RPC error, both word for word; anything else is logged in full and answered with an incident number alone.
 */
export function answerError(call: CallView, error: unknown, durationMs: number): Answer {
  const { state } = call;
  const isTool = call.target?.kind === 'tool';
  const open = isOpen(error);
  const incident = open ? undefined : newIncident();
  if (incident !== undefined) call.log.error({ err: error, incident }, 'A request failed.');
  if (isTool) state.emit('toolFailed', { call, error, incident, durationMs });
  else if (incident !== undefined) state.emit('requestFailed', { call, error, incident });

  if (isProtocolError(error)) return { error: protocolError(call, error) };
  if (error instanceof ShutdownError) {
    return { error: { code: ErrorCode.internalError, message: error.message, data: { retryable: true } } };
  }
  const isFault = error instanceof Error && 'code' in error && error.code === 'INVALID_OUTPUT';
  if (isTool && !isFault) return { result: toolFailure(call, error, incident) };
  if (open) {
    const { message, code, data } = error as ToolError;
    return { error: { code: ErrorCode.internalError, message, data: { code, ...(data !== undefined && { data }) } } };
  }
  return { error: { code: ErrorCode.internalError, message: 'Internal error', data: { incident } } };
}

/** Whether the message of an error is meant for the client. */
function isOpen(error: unknown): error is ToolError | ProtocolError {
  return isToolError(error) || isProtocolError(error) || error instanceof CancelledError;
}

function toolFailure(call: CallView, error: unknown, incident: string | undefined): JsonObject {
  if (isToolError(error) || error instanceof CancelledError) {
    const { code, message } = error;
    const data = isToolError(error) ? error.data : undefined;
    const details = { code, ...(data !== undefined && { data }) };
    return { content: [text(message)], isError: true, _meta: { [ERROR_META_KEY]: details } };
  }
  const name = call.target?.name ?? 'The tool';
  return {
    content: [text(`${name} failed because of an internal error. Incident: ${incident}`)],
    isError: true,
    _meta: { [ERROR_META_KEY]: { code: 'INTERNAL', data: { incident } } },
  };
}

function protocolError(call: CallView, error: ProtocolError): JsonRpcError {
  const code = rpcCodeOf(call, error);
  return { code, message: error.message, ...(error.data !== undefined && { data: error.data }) };
}

/** 2026-07-28 folded "resource not found" into invalid params. */
export function rpcCodeOf(call: Pick<CallView, 'era'>, error: ProtocolError): number {
  return error.code === 'RESOURCE_NOT_FOUND' && call.era === 'legacy' ? ErrorCode.resourceNotFound : error.rpcCode;
}

function newIncident(): string {
  return crypto.randomUUID().slice(0, 13);
}
