// This list is the public API of @toolyard/core/stores.
export { StoreError, type StoreErrorCode } from './store.ts';
export { keyvStore, type KeyvLike, type KeyvStoreOptions } from './stores/keyv-store.ts';
export { memoryStore, type MemoryStoreOptions } from './stores/memory-store.ts';
export { type SqliteDatabase, type SqliteStatement, type SqliteValue } from './stores/sqlite-database.ts';
export {
  sqliteStore,
  type SqliteConnection,
  type SqliteFile,
  type SqliteStoreBounds,
  type SqliteStoreOptions,
} from './stores/sqlite-store.ts';
