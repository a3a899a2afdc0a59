import {
  ProtocolError as SdkProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
} from '@modelcontextprotocol/client';
import { ProtocolError } from '@toolyard/core';
import { isRecord } from '@toolyard/core/protocol';

import type { Connection } from '../connection/connection.ts';
import { STREAM_LOST } from '../connection/tap.ts';
import { ClientError, clientErrorIn } from '../errors.ts';
import { statusError } from '../http/http-link.ts';
import { forbidden } from '../http/token-keeper.ts';

/** What a failed call says about its connection. */
export type Trouble = 'suspect' | 'gone' | 'busy' | 'fine';

/** What became of a call that did not succeed, and what it says about the connection. */
export type Failure =
  /** The server's answer, or something trying again does not mend. */
  | { readonly kind: 'final'; readonly error: unknown }
  /** It did not get through, or no answer came back; see `error.mayHaveRun`. */
  | { readonly kind: 'lost'; readonly error: ClientError; readonly connection: Trouble }
  /** The time is up: no other attempt, but a reason to look after the server. */
  | { readonly kind: 'late'; readonly error: ClientError };

/**
 * Tells what an error of the SDK, of the fetch, or of ours means.
 *
 * @param patienceMs - how long the server asked to be left alone.
 */
export function failureOf(error: unknown, connection: Connection, patienceMs: number): Failure {
  const own = clientErrorIn(error);
  if (own) return ofClientError(own);
  if (error instanceof SdkHttpError) return ofStatus(error, connection.era, patienceMs);
  if (error instanceof SdkProtocolError) {
    if (error.data === STREAM_LOST) return lost(STREAM_LOST.reason, 'suspect', error);
    return { kind: 'final', error: toProtocolError(error) };
  }
  if (error instanceof SdkError) {
    if (error.code === SdkErrorCode.RequestTimeout) return { kind: 'late', error: timeoutError(error, true) };
    if (error.code === SdkErrorCode.ConnectionClosed)
      return lost('The connection was closed.', 'fine', error);
    if (error.code === SdkErrorCode.NotConnected) return notSent(error);
  }
  if (!(error instanceof Error)) return { kind: 'final', error };
  if (error.message === 'Not connected') return notSent(error);
  if (error.name === 'InsufficientScopeError') {
    const { requiredScope } = error as { requiredScope?: string };
    return { kind: 'final', error: forbidden(requiredScope?.split(' ') ?? [], error) };
  }
  // How a body breaks off: undici's "terminated", "network error" and the like in browsers.
  if (error instanceof TypeError && connection.http) {
    return lost('The connection broke before the answer came.', 'suspect', error);
  }
  return { kind: 'final', error };
}

export function timeoutError(cause: unknown, mayHaveRun: boolean): ClientError {
  return new ClientError('CALL_TIMEOUT', 'No answer came in time.', { mayHaveRun, cause });
}

function ofClientError(error: ClientError): Failure {
  const broke = error.code === 'SERVER_UNREACHABLE' || error.code === 'CONNECTION_LOST';
  return broke ? { kind: 'lost', error, connection: 'suspect' } : { kind: 'final', error };
}

function ofStatus(error: SdkHttpError, era: Connection['era'], patienceMs: number): Failure {
  const { status } = error;
  const text = typeof error.data.text === 'string' ? error.data.text : '';
  // Some answer 400 where the specification wants 404.
  const sessionGone = era === 'legacy' && (status === 404 || (status === 400 && /session/i.test(text)));
  if (sessionGone) {
    const gone = new ClientError('SESSION_LOST', 'The server does not know the session any more.', {
      status,
    });
    return { kind: 'lost', error: gone, connection: 'gone' };
  }
  const answer = protocolErrorIn(text);
  if (answer && status < 500 && status !== 429) return { kind: 'final', error: answer };
  const failure = statusError(status, text, patienceMs || undefined);
  if (failure.code === 'SERVER_BUSY') return { kind: 'lost', error: failure, connection: 'busy' };
  if (status === 502 || status === 504) return { kind: 'lost', error: failure, connection: 'fine' };
  return { kind: 'final', error: failure };
}

function lost(message: string, connection: 'suspect' | 'fine', cause: unknown): Failure {
  return {
    kind: 'lost',
    connection,
    error: new ClientError('CONNECTION_LOST', message, { mayHaveRun: true, cause }),
  };
}

function notSent(cause: unknown): Failure {
  return {
    kind: 'lost',
    connection: 'fine',
    error: new ClientError('CONNECTION_LOST', 'The connection was gone before the call was sent.', { cause }),
  };
}

function toProtocolError({ code, message, data }: SdkProtocolError): ProtocolError {
  const name = isRecord(data) && typeof data['code'] === 'string' ? data['code'] : 'PROTOCOL_ERROR';
  return new ProtocolError(code, message, { code: name, data });
}

/** The JSON-RPC error a body carries, whatever the status. */
function protocolErrorIn(text: string): ProtocolError | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown; data?: unknown } };
    if (typeof error?.code !== 'number' || typeof error.message !== 'string') return undefined;
    return toProtocolError({
      code: error.code,
      message: error.message,
      data: error.data,
    } as SdkProtocolError);
  } catch {
    return undefined;
  }
}
