/** Notifications have no answer, and so no outcome to tell about. */
export function isNotification(method: string): boolean {
  return method.startsWith('notifications/');
}

/** Whether the method is answered soon: not a notification, nor a stream that stays open. */
export function isAnsweredSoon(method: string): boolean {
  return method !== 'subscriptions/listen' && !isNotification(method);
}
