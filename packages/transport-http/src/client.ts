// This list is the public API of @toolyard/transport-http/client.
export type { BackoffOptions } from './client/backoff.ts';
export type { Settled } from './client/calls/call-many.ts';
export type { RequestOptions } from './client/calls/caller.ts';
export { createManagedClient } from './client/create-client.ts';
export { ClientError, type ClientErrorCode, type ClientErrorFacts } from './client/errors.ts';
export type { ClientAuth } from './client/http/token-keeper.ts';
export type {
  ClientEvents,
  LaterCall,
  LaterOptions,
  ListOptions,
  ManagedClient,
  ReadOptions,
  ServerFacts,
  ToolCall,
  ToolCallOptions,
} from './client/managed-client.ts';
export {
  memoryOfflineQueue,
  type OfflineCall,
  type OfflineQueue,
  type OfflineQueueOptions,
} from './client/offline/offline-queue.ts';
export type { LaterSettled } from './client/offline/offline-sender.ts';
export { storeOfflineQueue, type StoreOfflineQueueOptions } from './client/offline/store-offline-queue.ts';
export type {
  ClientTarget,
  ManagedClientOptions,
  ManagedClientSettings,
  TransportLike,
} from './client/options.ts';
export type { ClientState } from './client/state.ts';
export type { ClientStatistics } from './client/statistics.ts';
