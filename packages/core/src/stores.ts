// This list is the public API of @toolyard/core/stores.
export { StoreError, type StoreErrorCode } from './store.ts';
export { jsonLinesAuditSink, type JsonLinesAuditOptions } from './stores/audit-json-lines.ts';
export type { AuditLog } from './stores/audit-log.ts';
export { sqliteAuditSink, type SqliteAuditBounds, type SqliteAuditOptions } from './stores/audit-sqlite.ts';
export { keyvStore, type KeyvLike, type KeyvStoreOptions } from './stores/keyv-store.ts';
export { memoryStore, type MemoryStoreOptions } from './stores/memory-store.ts';
export type {
  SqliteConnection,
  SqliteDatabase,
  SqliteFile,
  SqliteStatement,
  SqliteValue,
} from './stores/sqlite-database.ts';
export { sqliteStore, type SqliteStoreBounds, type SqliteStoreOptions } from './stores/sqlite-store.ts';
