import type { NotificationBus } from '../state.ts';
import type { RedisConnection } from './redis-connection.ts';

/** A bus over `PUBLISH`. */
export function redisBus(connection: RedisConnection, prefix: string): NotificationBus {
  const channelOf = (topic: string) => `${prefix}bus:${topic}`;
  return {
    async publish(topic, message) {
      await connection.command('PUBLISH', channelOf(topic), JSON.stringify(message));
    },
    subscribe: (topic, listener) =>
      connection.subscribe(channelOf(topic), {
        message(text) {
          const message = parse(text);
          if (message !== undefined) listener.message(message);
        },
        gap: () => listener.gap(),
      }),
  };
}

// Anybody with access to the database can publish anything.
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
