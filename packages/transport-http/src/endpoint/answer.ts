import type { App } from '@toolyard/core';
import {
  ErrorCode,
  errorResponse,
  isRecord,
  stringifyMessage,
  type Era,
  type JsonRpcError,
  type JsonRpcResponse,
  type RequestId,
} from '@toolyard/core/protocol';

import { StateUnavailableError } from '../sessions/state-error.ts';
import type { Accepts } from './accept.ts';
import { challenge } from './auth.ts';
import type { HttpHeaders, Reply } from './message.ts';
import { statusOf } from './status.ts';

/**
 * Whether a response that nothing was written before is sent as one JSON body: for clients that take it, and where the
 * status has something to say, which a stream would hide behind its 200.
 */
export function isOneBody(response: JsonRpcResponse | undefined, accepts: Accepts, era: Era): boolean {
  return response === undefined || accepts.json || statusOf(response, era) !== 200;
}

/** Sends a response as one JSON body. Where there is none, because the request was given up, 202 without a body. */
export function answerJson(
  reply: Reply,
  response: JsonRpcResponse | undefined,
  era: Era,
  headers: HttpHeaders,
  resourceMetadata?: string,
): void {
  if (response === undefined) {
    reply.send(202, headers);
    return;
  }
  const status = statusOf(response, era);
  const isRefused = status === 403 && 'error' in response;
  const own = isRefused ? { ...headers, ...scopeChallenge(response.error.data, resourceMetadata) } : headers;
  reply.send(status, own, stringifyMessage(response));
}

/** Gives an exchange its response; one that cannot be written as JSON is logged and answered with an error. */
export function finish(
  { app }: { readonly app: Pick<App, 'logger'> },
  exchange: { finish(response: JsonRpcResponse | undefined): void },
  response: JsonRpcResponse | undefined,
): void {
  try {
    exchange.finish(response);
  } catch (err) {
    app.logger.error({ err }, 'An answer could not be written.');
    const id = response?.id ?? null;
    exchange.finish(errorResponse(id, { code: ErrorCode.internalError, message: 'Internal error' }));
  }
}

/** Refuses a request before dispatch, with a JSON-RPC error for clients and a status for everything between. */
export function refuse(
  reply: Reply,
  status: number,
  error: { code: number; message: string; data?: unknown },
  headers: HttpHeaders,
  id: RequestId | null = null,
): void {
  reply.send(status, headers, JSON.stringify(errorResponse(id, error)));
}

/** Errors of HTTP itself, which JSON-RPC has no codes for. */
export function httpError(
  message: string,
  code: number = ErrorCode.serverError,
): { code: number; message: string } {
  return { code, message };
}

/** What a request gets that needs the state nodes share while that cannot be reached. */
export function unavailable(
  { logger }: Pick<App, 'logger'>,
  err: unknown,
): { error: JsonRpcError; headers: HttpHeaders } {
  const { message, rpcCode, data, retryAfterMs } =
    err instanceof StateUnavailableError ? err : new StateUnavailableError('state', { cause: err });
  logger.warn({ err }, 'The state that nodes share cannot be reached.');
  const seconds = Math.ceil(retryAfterMs / 1000);
  return { error: { code: rpcCode, message, data }, headers: { 'retry-after': String(seconds) } };
}

function scopeChallenge(data: unknown, resourceMetadata: string | undefined): HttpHeaders {
  const scopes = isRecord(data) && Array.isArray(data['scopes']) ? (data['scopes'] as string[]) : [];
  const refusal = { status: 403, error: 'insufficient_scope', scopes } as const;
  return challenge({ ...refusal, ...(resourceMetadata !== undefined && { resourceMetadata }) }).headers;
}
