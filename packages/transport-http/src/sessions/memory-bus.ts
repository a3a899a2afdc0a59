import type { BusListener, NotificationBus } from './state.ts';

/** A bus between the handlers of one process. */
export function memoryBus(): NotificationBus {
  const topics = new Map<string, Set<BusListener>>();
  return {
    publish(topic, message) {
      const text = JSON.stringify(message);
      for (const listener of topics.get(topic) ?? [])
        queueMicrotask(() => topics.get(topic)?.has(listener) && listener.message(JSON.parse(text)));
    },
    async subscribe(topic, listener) {
      const listeners = topics.get(topic) ?? new Set();
      // One of its own for each subscription: the same listener may have several.
      const own: BusListener = { message: (message) => listener.message(message), gap: () => listener.gap() };
      topics.set(topic, listeners.add(own));
      return () => {
        listeners.delete(own);
        if (listeners.size === 0 && topics.get(topic) === listeners) topics.delete(topic);
      };
    },
  };
}
