import { systemClock, type Clock } from '@toolyard/core';

import { memoryBus } from './memory-bus.ts';
import { memoryEventLog } from './memory-event-log.ts';
import { memorySessionStore } from './memory-session-store.ts';
import type { HttpState } from './state.ts';

/** Options of {@link memoryState}. */
export interface MemoryStateOptions {
  readonly clock?: Pick<Clock, 'now'> | undefined;
}

/**
 * State for several handlers of one process, gone with it. A single handler needs none: it keeps its sessions itself.
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { createHttpHandler } from '@toolyard/transport-http';
 * import { memoryState } from '@toolyard/transport-http/stores';
 *
 * const app = createApp({ name: 'demo', version: '1.0.0' });
 * const state = memoryState();
 * const handlers = [createHttpHandler(app, { state }), createHttpHandler(app, { state })];
 * ```
 */
export function memoryState({ clock = systemClock }: MemoryStateOptions = {}): HttpState {
  return { sessions: memorySessionStore(clock), events: memoryEventLog(clock), bus: memoryBus() };
}
