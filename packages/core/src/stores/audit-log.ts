import type { AuditRecord, AuditSink } from '../audit/record.ts';
import { ToolyardError } from '../errors.ts';

/** An audit sink that can be read back. */
export interface AuditLog extends AuditSink {
  last(): Promise<AuditRecord | undefined>;
  extend: NonNullable<AuditSink['extend']>;
  /** All records it still has, oldest first. */
  records(): AsyncIterable<AuditRecord>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

export function chainMoved(): ToolyardError {
  return new ToolyardError('AUDIT_CHAIN_MOVED', 'The record does not follow the last one in the audit log.');
}

export function logClosed(): ToolyardError {
  return new ToolyardError('AUDIT_LOG_CLOSED', 'The audit log is closed.');
}
