import { stringifyMessage, type JsonRpcMessage } from '@toolyard/core/protocol';

/** Headers of an event stream that proxies neither buffer, compress nor cache. */
export const SSE_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
} as const;

export const KEEP_ALIVE = ': keep-alive\n\n';

/** One message as a server-sent event. JSON has no line breaks, so one data line is enough. */
export function sseEvent(message: JsonRpcMessage, id?: string): string {
  return sseText(stringifyMessage(message), id);
}

/** {@link sseEvent} for a message that was written as JSON already. */
export function sseText(text: string, id?: string): string {
  const data = `data: ${text}\n\n`;
  return id === undefined ? `event: message\n${data}` : `event: message\nid: ${id}\n${data}`;
}

/** An empty event that gives the client an id to come back with, and how long to wait. */
export function ssePrime(id: string, retryMs: number): string {
  return `id: ${id}\nretry: ${retryMs}\ndata: \n\n`;
}
