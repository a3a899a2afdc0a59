// This list is the public API of @toolyard/transport-http/websocket.
export {
  createWebSocketHandler,
  webSocket,
  type WebSocketHandler,
} from './websocket/create-web-socket-handler.ts';
export type { WebSocketOptions } from './websocket/options.ts';
