import type { Progress } from '../call.ts';
import { metaOf, passesLogLevel } from '../protocol/envelope.ts';
import type { LogLevel } from '../protocol/messages.ts';
import { MetaKey } from '../protocol/meta.ts';
import type { CallState } from './call-state.ts';

/** Sends progress to a client that asked for it. */
export function tellProgress(state: CallState, { progress, total, message }: Progress): void {
  const progressToken = metaOf(state.params)?.[MetaKey.progressToken];
  if (state.settled || (typeof progressToken !== 'string' && !Number.isSafeInteger(progressToken))) return;
  // The specification: progress MUST increase. Parallel work can report out of order; a step back says nothing new.
  if (!(progress > state.lastProgress)) return;
  state.lastProgress = progress;
  state.exchange.notify({
    method: 'notifications/progress',
    params: {
      progressToken,
      progress,
      ...(total !== undefined && { total }),
      ...(message !== undefined &&
        state.protocolVersion > '2024-11-05' && { message: masked(state, message, 'text') }),
    },
  });
}

/** Sends a log message to a client whose level asks for it. */
export function tellLog(state: CallState, level: LogLevel, data: unknown, logger?: string): void {
  const { exchange, settled, logLevel } = state;
  // 2025 servers may choose a level until the client does; 2026 clients get none unless they ask.
  const minimum = logLevel ?? (exchange.era === 'legacy' ? 'info' : undefined);
  if (settled || minimum === undefined || !passesLogLevel(level, minimum)) return;
  exchange.notify({
    method: 'notifications/message',
    params: { level, data: masked(state, data, 'data'), ...(logger !== undefined && { logger }) },
  });
}

function masked(state: CallState, value: unknown, kind: 'data' | 'text'): unknown {
  return state.mask ? state.mask(value, kind) : value;
}
