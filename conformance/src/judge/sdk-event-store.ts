import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server';

/** Keeps the events of one session, as the SDK wants it for streams that can be resumed. */
export function createEventStore(): EventStore {
  const events: { id: string; stream: string; message: JSONRPCMessage }[] = [];
  return {
    async storeEvent(stream, message) {
      const id = `${stream}_${events.length}`;
      events.push({ id, stream, message });
      return id;
    },
    async getStreamIdForEventId(id) {
      return events.find((event) => event.id === id)?.stream;
    },
    async replayEventsAfter(id, { send }) {
      const index = events.findIndex((event) => event.id === id);
      const stream = events[index]?.stream ?? '';
      for (const event of events.slice(index + 1)) {
        if (event.stream === stream && Object.keys(event.message).length > 0)
          await send(event.id, event.message);
      }
      return stream;
    },
  };
}
