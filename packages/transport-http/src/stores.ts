// This list is the public API of @toolyard/transport-http/stores.
export { memoryState, type MemoryStateOptions } from './sessions/memory-state.ts';
export { sqliteState, type SqliteState, type SqliteStateOptions } from './sessions/sqlite/sqlite-state.ts';
export type { StateDatabase, StateStatement } from './sessions/sqlite/sqlite-database.ts';
