import type { Call } from '../call.ts';
import { CancelledError, isProtocolError, isToolError, ShutdownError } from '../errors.ts';
import { ErrorCode } from '../protocol/error-codes.ts';
import { isRecord } from '../protocol/json-rpc.ts';
import { stateOf } from './call-state.ts';
import { ERROR_META_KEY, rpcCodeOf } from './failures.ts';

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
  if (result['isError'] === true) return { status: 'tool_error', code: toolErrorCode(result), masked: false };
  return result['resultType'] === 'input_required' ? INPUT_REQUIRED : OK;
}

/** The outcome of a call that `next()` rejected for: what `answerError` will make of the error. */
export function outcomeOfError(call: Call, error: unknown): Outcome {
  const reason = stateOf(call)?.abortReason;
  if (reason instanceof CancelledError && !(reason instanceof ShutdownError)) {
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
  const masked = !isToolError(error) && !(error instanceof CancelledError);
  const code = masked ? codeOfFault(error) : error.code;
  const answersAsTool =
    call.target?.kind === 'tool' && !(error instanceof ShutdownError) && code !== 'INVALID_OUTPUT';
  if (answersAsTool) return { status: 'tool_error', code, masked };
  return { status: 'error', code, rpcCode: ErrorCode.internalError, masked };
}

function toolErrorCode(result: Record<string, unknown>): string {
  const meta = isRecord(result['_meta']) ? result['_meta'][ERROR_META_KEY] : undefined;
  const code = isRecord(meta) ? meta['code'] : undefined;
  return typeof code === 'string' ? code : 'TOOL_FAILED';
}

function codeOfFault(error: unknown): string {
  return error instanceof Error && 'code' in error && error.code === 'INVALID_OUTPUT'
    ? 'INVALID_OUTPUT'
    : 'INTERNAL';
}
