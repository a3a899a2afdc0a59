// This list is the public API of @toolyard/transport-http/sse.
export { createSseHandler, sse, type SseHandler } from './sse/create-sse-handler.ts';
export type { SseOptions } from './sse/options.ts';
