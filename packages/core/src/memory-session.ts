import type { Session, SessionRecord } from './exchange.ts';

/** A session that ends with the connection it belongs to. */
export class MemorySession implements Session {
  readonly id = crypto.randomUUID();
  record: SessionRecord | undefined = undefined;

  update(record: SessionRecord): void {
    this.record = record;
  }
}
