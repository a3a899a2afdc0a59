import { deferred, orAborted } from '../abort.ts';
import { hasAsked } from '../app/call-insight.ts';
import type { Call, CallOf, MethodMiddleware } from '../call.ts';
import { InvalidOptionError, isProtocolError, isToolError } from '../errors.ts';
import { isRecord } from '../protocol/json-rpc.ts';
import type { Tool } from '../registry/tool.ts';
import { positiveInteger, positiveMs } from '../options.ts';

/** Options of {@link retry}. */
export interface RetryOptions {
  /** How often a call is tried, the first time included. Default 3. */
  readonly attempts?: number | undefined;
  /** The longest wait before the second try; it doubles with each further one. Default 200. */
  readonly baseDelayMs?: number | undefined;
  /** The longest wait of all. Default 5 000. */
  readonly maxDelayMs?: number | undefined;
  /**
   * Which failures to try again after. Default: errors that are none of ours, such as a lost connection;
   * a `ToolError` whose code the tool's `errors` call `retryable`; and limits that end within `maxDelayMs`.
   */
  readonly on?: ((error: unknown, call: CallOf<'tools/call'>) => boolean) | undefined;
}

/**
 * Tries failed calls again, for tools with `readOnlyHint` or `idempotentHint` only. It waits half of the longest wait
 * up to all of it, at random; where the failure says when to come back, so long.
 *
 * Never again after: the call was given up or its time is over, the client was asked for input, or the handler
 * returned a result with `isError` instead of throwing. All tries share the time limit of the call.
 *
 * @throws {InvalidOptionError}
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { retry } from '@toolyard/core/middleware';
 *
 * createApp({ name: 'demo', version: '1.0.0' }).use('tools/call', retry({ attempts: 5 }));
 * ```
 */
export function retry(options: RetryOptions = {}): MethodMiddleware<'tools/call'> {
  const attempts = positiveInteger('attempts', options.attempts ?? 3);
  const baseDelayMs = positiveMs('baseDelayMs', options.baseDelayMs ?? 200);
  const maxDelayMs = positiveMs('maxDelayMs', options.maxDelayMs ?? 5_000);
  if (maxDelayMs < baseDelayMs) throw new InvalidOptionError('maxDelayMs', 'must not be below baseDelayMs');
  const { on = (error, { tool }) => isTransient(error, tool) } = options;

  return async function retryFailed(call, next) {
    const last = isRepeatable(call.tool) ? attempts : 1;
    for (let attempt = 1; ; attempt++) {
      try {
        return await next();
      } catch (error) {
        if (attempt >= last || call.signal.aborted || hasAsked(call) || !on(error, call)) throw error;
        const longestMs = Math.min(baseDelayMs * 2 ** (attempt - 1), maxDelayMs);
        const delayMs = retryAfterOf(error) ?? (longestMs * (1 + Math.random())) / 2;
        if (delayMs > maxDelayMs) throw error;
        call.log.warn({ err: error, attempt, delayMs }, 'A tool failed and is tried again.');
        await pause(call, delayMs);
      }
    }
  };
}

function isRepeatable(tool: Tool | undefined): boolean {
  return tool?.annotations?.readOnlyHint === true || tool?.annotations?.idempotentHint === true;
}

/** Not worth a second try: the outcome would be the same. */
const FINAL = new Set(['CANCELLED', 'INVALID_OUTPUT', 'NEXT_CALLED_TWICE', 'NO_RESULT']);

function isTransient(error: unknown, tool: Tool | undefined): boolean {
  if (isProtocolError(error)) return error.code === 'LIMIT_EXCEEDED';
  if (isToolError(error))
    return tool?.errors?.some(({ code, retryable }) => code === error.code && retryable) ?? false;
  return !(error instanceof Error && 'code' in error && FINAL.has(error.code as string));
}

function retryAfterOf(error: unknown): number | undefined {
  const data = isProtocolError(error) ? error.data : undefined;
  const retryAfterMs = isRecord(data) ? data['retryAfterMs'] : undefined;
  return typeof retryAfterMs === 'number' ? retryAfterMs : undefined;
}

/** Waits, unless the call is given up first: then it rejects at once. */
async function pause({ clock, signal }: Pick<Call, 'clock' | 'signal'>, delayMs: number): Promise<void> {
  const { promise, resolve } = deferred();
  const timer = clock.after(delayMs, resolve);
  try {
    await orAborted(signal, promise);
  } finally {
    timer.cancel();
  }
}
