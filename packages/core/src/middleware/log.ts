import { outcomeOfError, outcomeOfResult, type CallOutcome, type Outcome } from '../app/outcome.ts';
import type { Call, Middleware } from '../call.ts';
import { InvalidOptionError } from '../errors.ts';
import { shorten } from '../shorten.ts';
import { isNotification } from './methods.ts';
import { selectMethods, type MethodSelection } from './selection.ts';

/** How loud a line is. */
export type LineLevel = 'debug' | 'info' | 'warn' | 'error';

/** Options of {@link log}. */
export interface LogOptions extends MethodSelection {
  /**
   * Calls that took at least so long are written as `warn` and carry `slow: true`. Default: never. A stream of
   * `subscriptions/listen` is never slow.
   */
  readonly slowMs?: number | undefined;
  /**
   * The level for an outcome. Default: `info` for `ok`, `input_required` and `cancelled`; `warn` for `tool_error`,
   * `denied` and errors the client caused; `error` for what was masked.
   */
  readonly levels?: Partial<Record<CallOutcome, LineLevel>> | undefined;
}

/**
 * Writes one line per request to the app's logger: how it ended, with which code, and how long it took. The ids that
 * core puts on every line of a call (method, tool, principal, tenant, session, trace) are on it too.
 *
 * Arguments, results and messages are not written. Notifications have no line. Put it outside of what may refuse a
 * call, such as `rateLimit`, and inside `telemetry`, whose trace ids it then carries.
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { log } from '@toolyard/core/middleware';
 *
 * const app = createApp({ name: 'demo', version: '1.0.0' }).use(log({ except: ['ping'], slowMs: 2_000 }));
 * ```
 */
export function log(options: LogOptions = {}): Middleware {
  const { slowMs = Infinity, levels = {} } = options;
  if (!(slowMs > 0)) throw new InvalidOptionError('slowMs', 'must be above 0');
  const selected = selectMethods(options);

  function write(call: Call, outcome: Outcome, startedAt: number): void {
    const durationMs = Math.max(0, call.clock.now() - startedAt);
    const slow = durationMs >= slowMs && call.method !== 'subscriptions/listen';
    const { status, ...details } = outcome;
    const level = levels[status] ?? defaultLevel(outcome);
    const fields = { outcome: status, durationMs, ...details, ...(slow && { slow }) };
    call.log[slow ? atLeastWarn(level) : level](
      fields,
      `${shorten(call.method)} ${status.replace('_', ' ')}`,
    );
  }

  return async function logCall(call, next) {
    if (isNotification(call.method) || !selected(call.method)) return next();
    const startedAt = call.clock.now();
    try {
      const result = await next();
      write(call, outcomeOfResult(result), startedAt);
      return result;
    } catch (error) {
      write(call, outcomeOfError(call, error), startedAt);
      throw error;
    }
  };
}

function defaultLevel(outcome: Outcome): LineLevel {
  switch (outcome.status) {
    case 'ok':
    case 'input_required':
    case 'cancelled':
      return 'info';
    case 'tool_error':
    case 'error':
    case 'denied':
      return outcome.masked ? 'error' : 'warn';
  }
}

function atLeastWarn(level: LineLevel): LineLevel {
  return level === 'error' ? 'error' : 'warn';
}
