import { isPromiseLike, type Awaitable } from '../awaitable.ts';
import { MissingCapabilityError } from '../errors.ts';
import type { CallView } from './call-view.ts';
import type { InputRequiredResult } from '../protocol/messages.ts';
import { bringsAnswers, InputRequired, inputRequiredResult, restoreAnswers } from './input.ts';

/**
 * Runs a handler so that it cannot hang its call: when the call is given up this rejects at once, and whatever the
 * handler brings later is dropped.
 */
export function orAbort<T>(call: CallView, run: () => Awaitable<T>): Awaitable<T> {
  const { state, narrowedSignal } = call;
  if (state.aborted) throw state.abortError();
  narrowedSignal?.throwIfAborted();
  const running = run();
  if (!isPromiseLike(running)) return running;
  return new Promise<T>((resolve, reject) => {
    const giveUp = () => reject(state.aborted ? state.abortError() : (narrowedSignal?.reason as Error));
    state.onAbort(giveUp);
    if (narrowedSignal?.aborted) giveUp();
    narrowedSignal?.addEventListener('abort', giveUp, { once: true });
    const release = () => {
      state.offAbort(giveUp);
      narrowedSignal?.removeEventListener('abort', giveUp);
    };
    running.then(
      (value) => {
        release();
        resolve(value);
      },
      (error: unknown) => {
        release();
        reject(error);
      },
    );
  });
}

/** {@link orAbort} for handlers that may ask for input: an open question becomes an `input_required` result. */
export async function runHandler<T extends object>(
  call: CallView,
  run: () => unknown,
  toResult: (value: unknown) => Awaitable<T>,
) {
  const { state } = call;
  if (bringsAnswers(call)) await restoreAnswers(call);
  state.unnamedQuestions = 0; // middleware may run the handler again
  let running: unknown;
  try {
    let value = orAbort(call, () => (running = run()));
    if (isPromiseLike(value)) value = await value;
    if (!state.questions) {
      const result = orAbort(call, () => toResult(value));
      return isPromiseLike(result) ? await result : result;
    }
  } catch (error) {
    const handler = running;
    if (isPromiseLike(handler) && (state.aborted || call.narrowedSignal?.aborted)) {
      state.lateResult = async () => toResult(await handler);
    }
    // A capability the client lacks will be missing in every round: what else was asked need not be answered.
    const isFinal = !state.questions || error instanceof MissingCapabilityError;
    if (!(error instanceof InputRequired) && isFinal) throw error;
    if (state.aborted) throw error;
  }
  return askClient(call);
}

/** The result that asks the client what is open. */
export async function askClient(call: CallView): Promise<InputRequiredResult> {
  const result = await inputRequiredResult(call);
  call.state.emit('inputRequired', { call, keys: [...(call.state.questions?.keys() ?? [])] });
  return result;
}
