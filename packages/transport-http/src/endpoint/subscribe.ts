import { isProtocolError } from '@toolyard/core';
import type { ServerNotification } from '@toolyard/core/protocol';

import type { HttpSession } from '../sessions/session.ts';
import { httpError, refuse } from './answer.ts';
import type { Arrival } from './arrival.ts';
import type { LegacyServing } from './legacy.ts';

/** Registers a stream for what the app has to tell; refuses the request when there are too many. */
export function subscribe(
  { app }: LegacyServing,
  session: HttpSession,
  { reply, headers, principal }: Arrival,
  notify: (notification: ServerNotification) => void,
): (() => void) | undefined {
  try {
    return app.subscribe({ principal, session, notify });
  } catch (error) {
    if (!isProtocolError(error) || error.code !== 'LIMIT_EXCEEDED') throw error;
    refuse(reply, 503, httpError(error.message), { ...headers, 'retry-after': '30' });
    return undefined;
  }
}
