import { isNotification } from './selection.ts';

/** Whether the method is answered soon: not a notification, nor a stream that stays open. */
export function isAnsweredSoon(method: string): boolean {
  return method !== 'subscriptions/listen' && !isNotification(method);
}
