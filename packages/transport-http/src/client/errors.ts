import { ToolyardError } from '@toolyard/core';

/**
 * Why a managed client gave up:
 *
 * - `CLIENT_CLOSED`: `close` was called.
 * - `SERVER_UNREACHABLE`: no connection within the time the call had, or none wanted (`whenOffline: 'fail'`).
 * - `CONNECTION_LOST`: the connection broke before the answer came.
 * - `SESSION_LOST`: the server forgot the session, and the one opened in its place as well.
 * - `CALL_TIMEOUT`: the call's `timeoutMs` passed, waiting for its turn included.
 * - `QUEUE_FULL`: more calls are waiting than `maxWaitingCalls` allows.
 * - `UNAUTHORIZED`, `FORBIDDEN`: the server refused the token, also after `auth.refresh` or `auth.stepUp`.
 * - `SERVER_BUSY`: 429 or 503, more often than the call may be tried; `retryAfterMs` has what the server asked for.
 * - `HTTP_ERROR`: any other status that is not an answer to MCP.
 * - `CONNECT_FAILED`: the server answered, but no revision of MCP that this client speaks.
 */
export type ClientErrorCode =
  | 'CLIENT_CLOSED'
  | 'SERVER_UNREACHABLE'
  | 'CONNECTION_LOST'
  | 'SESSION_LOST'
  | 'CALL_TIMEOUT'
  | 'QUEUE_FULL'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'SERVER_BUSY'
  | 'HTTP_ERROR'
  | 'CONNECT_FAILED';

/** What a {@link ClientError} knows besides its sentence. */
export interface ClientErrorFacts extends ErrorOptions {
  readonly mayHaveRun?: boolean;
  readonly status?: number;
  readonly retryAfterMs?: number | undefined;
  readonly scopes?: readonly string[];
}

/** A managed client could not do what it was asked. Never contains a token. */
export class ClientError extends ToolyardError {
  override readonly name: string = 'ClientError';
  override readonly code: ClientErrorCode;
  /** Whether the server may have run the call although no answer came. False where it certainly has not. */
  readonly mayHaveRun: boolean;
  /** The HTTP status, where one was received. */
  readonly status: number | undefined;
  /** How long the server asked to be left alone. */
  readonly retryAfterMs: number | undefined;
  /** With `FORBIDDEN`: the scopes that would help. */
  readonly scopes: readonly string[];

  constructor(code: ClientErrorCode, message: string, facts: ClientErrorFacts = {}) {
    super(code, message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.mayHaveRun = facts.mayHaveRun ?? false;
    this.status = facts.status;
    this.retryAfterMs = facts.retryAfterMs;
    this.scopes = facts.scopes ?? [];
  }
}

/** The `ClientError` inside an error, which layers in between may have wrapped. */
export function clientErrorIn(error: unknown): ClientError | undefined {
  for (let current = error, depth = 0; current instanceof Error && depth < 8; depth += 1) {
    if (current instanceof ClientError) return current;
    const data = (current as { data?: unknown }).data;
    const inData = typeof data === 'object' && data !== null && 'cause' in data ? data.cause : undefined;
    current = current.cause ?? inData;
  }
  return undefined;
}

export function closedError(mayHaveRun = false): ClientError {
  return new ClientError('CLIENT_CLOSED', 'The client is closed.', { mayHaveRun });
}
