import {
  isCancelledError,
  isProtocolError,
  isShutdownError,
  isToolError,
  type CancelledError,
  type ProtocolError,
  type ToolError,
} from '../errors.ts';
import { ErrorCode } from '../protocol/error-codes.ts';
import { isRecord, type JsonRpcError } from '../protocol/json-rpc.ts';
import type { JsonObject } from '../protocol/messages.ts';
import { text } from '../results.ts';
import type { CallView } from './call-view.ts';

/** Where a {@link ToolError} keeps its code and data inside a tool result. */
const ERROR_META_KEY = 'toolyard/error';

type Answer = { readonly error: JsonRpcError } | { readonly result: JsonObject };

/**
 * Turns what a call failed with into what its client may know. A `ToolError` becomes a tool result, a `ProtocolError`
 * a JSON-RPC error, both word for word; anything else is logged in full and answered with an incident number alone.
 */
export function answerError(call: CallView, error: unknown, durationMs: number): Answer {
  const { state } = call;
  const isTool = call.target?.kind === 'tool';
  const incident = isOpen(error) ? undefined : newIncident();
  if (incident !== undefined) call.log.error({ err: error, incident }, 'A request failed.');
  if (isTool) state.emit('toolFailed', { call, error, incident, durationMs });
  else if (incident !== undefined) state.emit('requestFailed', { call, error, incident });

  if (isProtocolError(error)) return { error: protocolError(call, error) };
  if (isShutdownError(error)) {
    return { error: { code: ErrorCode.internalError, message: error.message, data: { retryable: true } } };
  }
  if (isTool && !isInvalidOutput(error)) return { result: toolFailure(call, error, incident) };
  if (isOpen(error)) {
    return { error: { code: ErrorCode.internalError, message: error.message, data: detailsOf(error) } };
  }
  return { error: { code: ErrorCode.internalError, message: 'Internal error', data: { incident } } };
}

/** Errors whose message is meant for the client. */
type OpenError = ToolError | ProtocolError | CancelledError;

/** Whether the client is told what happened; all else is masked. */
export function isOpen(error: unknown): error is OpenError {
  return isToolError(error) || isProtocolError(error) || isCancelledError(error);
}

/** The fault of a handler whose result cannot be sent: a server error, where other failures of tools are results. */
export function isInvalidOutput(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'INVALID_OUTPUT';
}

/** What a tool result with `isError` tells programs. */
export function toolFailureOf(result: JsonObject): { readonly code: string; readonly data: unknown } {
  const meta = isRecord(result['_meta']) ? result['_meta'][ERROR_META_KEY] : undefined;
  const { code, data } = isRecord(meta) ? meta : {};
  return { code: typeof code === 'string' ? code : 'TOOL_FAILED', data };
}

function detailsOf(error: OpenError): JsonObject {
  const data = 'data' in error ? error.data : undefined;
  return { code: error.code, ...(data !== undefined && { data }) };
}

function toolFailure(call: CallView, error: unknown, incident: string | undefined): JsonObject {
  if (isOpen(error)) {
    return { content: [text(error.message)], isError: true, _meta: { [ERROR_META_KEY]: detailsOf(error) } };
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
  return error.code === 'RESOURCE_NOT_FOUND' && call.era === 'legacy'
    ? ErrorCode.resourceNotFound
    : error.rpcCode;
}

function newIncident(): string {
  return crypto.randomUUID().slice(0, 13);
}
