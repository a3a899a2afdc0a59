import { callerKey, type AppEvents } from '@toolyard/core';

/** Whose an app's event is. Definitions that come and go are nobody's. */
export function ownerOf(event: AppEvents[keyof AppEvents]): string | undefined {
  if ('call' in event) return callerKey(event.call);
  return 'principal' in event ? callerKey({ tenant: undefined, principal: event.principal }) : undefined;
}
