import type { Call } from '../call.ts';
import { isProtocolError, isShutdownError } from '../errors.ts';
import { ErrorCode } from '../protocol/error-codes.ts';
import { isRecord } from '../protocol/json-rpc.ts';
import { stateOf } from './call-state.ts';
import { isInvalidOutput, isOpen, rpcCodeOf, toolFailureOf } from './failures.ts';

/**
 * How a call ends for its client. `code` is stable, for programs. `masked` says that the client was told an incident
 * number only.
 */
export type Outcome =
  | { readonly status: 'ok' }
  /** The client was asked for input; it sends the request again with the answer. */
  | { readonly status: 'input_required' }
  /** A tool result with `isError`. */
  | { readonly status: 'tool_error'; readonly code: string; readonly masked: boolean }
  /** A JSON-RPC error. */
  | { readonly status: 'error'; readonly code: string; readonly rpcCode: number; readonly masked: boolean }
  /** A JSON-RPC error, because the principal may not do this, or not this often. */
  | { readonly status: 'denied'; readonly code: string; readonly rpcCode: number; readonly masked: false }
  /** The client gave the call up and got no answer. */
  | { readonly status: 'cancelled'; readonly code: 'CANCELLED' };

/** How a call can end for its client. */
export type CallOutcome = Outcome['status'];

const OK: Outcome = Object.freeze({ status: 'ok' });
const INPUT_REQUIRED: Outcome = Object.freeze({ status: 'input_required' });
const CANCELLED: Outcome = Object.freeze({ status: 'cancelled', code: 'CANCELLED' });

/** The outcome of a call that `next()` gave a result for. */
export function outcomeOfResult(result: unknown): Outcome {
  if (!isRecord(result)) return OK;
  if (result['isError'] === true)
    return { status: 'tool_error', code: toolFailureOf(result).code, masked: false };
  return result['resultType'] === 'input_required' ? INPUT_REQUIRED : OK;
}

/** The outcome of a call that `next()` rejected for: what `answerError` will make of the error. */
export function outcomeOfError(call: Call, error: unknown): Outcome {
  if (stateOf(call)?.givenUp) {
    // A stream of changes has no other end than this one.
    return call.method === 'subscriptions/listen' ? OK : CANCELLED;
  }
  if (isProtocolError(error)) {
    const { code } = error;
    const rpcCode = rpcCodeOf(call, error);
    const hidden = 'hidden' in error && error.hidden === true;
    const denied = hidden || rpcCode === ErrorCode.accessDenied || rpcCode === ErrorCode.limitExceeded;
    return { status: denied ? 'denied' : 'error', code, rpcCode, masked: false };
  }
  const masked = !isOpen(error);
  const invalidOutput = isInvalidOutput(error);
  const code = isOpen(error) ? error.code : invalidOutput ? 'INVALID_OUTPUT' : 'INTERNAL';
  const answersAsTool = call.target?.kind === 'tool' && !isShutdownError(error) && !invalidOutput;
  if (answersAsTool) return { status: 'tool_error', code, masked };
  return { status: 'error', code, rpcCode: ErrorCode.internalError, masked };
}
