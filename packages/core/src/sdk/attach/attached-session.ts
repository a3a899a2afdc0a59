import type { Session, SessionRecord } from '../../exchange.ts';
import { isRevision } from '../../protocol/revisions.ts';

/** What `initialize` agreed on, under the id the transport gives the session. */
export class AttachedSession implements Session {
  record: SessionRecord | undefined = undefined;
  readonly #fallbackId = crypto.randomUUID();
  readonly #transportId: () => string | undefined;

  constructor(transportId: () => string | undefined) {
    this.#transportId = transportId;
  }

  get id(): string {
    return this.#transportId() ?? this.#fallbackId;
  }

  update(record: SessionRecord): void {
    this.record = record;
  }

  /** The revision is the one the host's server chose. */
  speak(revision: unknown): void {
    if (this.record && isRevision(revision)) this.record = { ...this.record, protocolVersion: revision };
  }
}
