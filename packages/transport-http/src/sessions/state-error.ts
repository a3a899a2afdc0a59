import { ProtocolError } from '@toolyard/core';
import { ErrorCode } from '@toolyard/core/protocol';

const RETRY_AFTER_MS = 2000;

/** The state that nodes share cannot be reached now. The same request may succeed a little later. */
export class StateUnavailableError extends ProtocolError {
  override readonly name: string = 'StateUnavailableError';
  readonly retryAfterMs = RETRY_AFTER_MS;

  constructor(what: string, options?: ErrorOptions) {
    super(ErrorCode.serverError, `The server cannot reach its ${what} now; try again.`, {
      code: 'STATE_UNAVAILABLE',
      data: { code: 'STATE_UNAVAILABLE', retryable: true, retryAfterMs: RETRY_AFTER_MS },
      ...options,
    });
  }
}
