import { kindOf } from '@toolyard/core/protocol';

import {
  eventId,
  parseEventId,
  STANDING,
  TAKEN_OVER,
  type EventPosition,
  type MissedEvent,
  type SessionLog,
} from './session-log.ts';
import type { EventBounds, EventLog } from './state.ts';

/** The events of a session that several nodes write. What cannot be kept is sent without an id. */
export class SharedSessionLog implements SessionLog {
  /** Of the claim to the standing stream, while this node has it. */
  epoch: number | undefined;
  /** Something of the standing stream could not be kept. */
  isIncomplete = false;
  readonly #session: string;
  readonly #log: EventLog;
  readonly #bounds: EventBounds;
  readonly #tag: () => string | undefined;

  /** @param tag - of the session; `undefined` until it is stored, for as long as nobody could come back to it. */
  constructor(session: string, log: EventLog, bounds: EventBounds, tag: () => string | undefined) {
    this.#session = session;
    this.#log = log;
    this.#bounds = bounds;
    this.#tag = tag;
  }

  async begin(stream: string, requestId: string | number | undefined): Promise<string | undefined> {
    // Nobody ever comes back to before it, so it is never sent: it tells other nodes what the stream answers.
    const text = requestId === undefined ? undefined : JSON.stringify({ answers: requestId });
    const id = await this.#append(stream, text);
    return id === TAKEN_OVER ? undefined : id;
  }

  append(stream: string, text: string): Promise<string | undefined | typeof TAKEN_OVER> {
    return this.#append(stream, text);
  }

  async after({ stream, sequence }: EventPosition): Promise<readonly MissedEvent[]> {
    const tag = this.#tag();
    if (tag === undefined) return [];
    const events = await this.#log.read(this.#session, stream, sequence);
    return events.map(({ position, text }) => ({ id: eventId(tag, { stream, sequence: position }), text }));
  }

  /** What a stream was to answer, as {@link SharedSessionLog.begin} noted it; `undefined` where it was answered. */
  async unanswered(stream: string): Promise<string | number | undefined> {
    const events = await this.#log.read(this.#session, stream, 0);
    const [first, last] = [events[0], events.at(-1)];
    if (!first || !last || kindOf(JSON.parse(last.text)) === 'response') return undefined;
    return (JSON.parse(first.text) as { answers?: string | number }).answers;
  }

  find(id: string): EventPosition | undefined {
    const tag = this.#tag();
    return tag === undefined ? undefined : parseEventId(tag, id);
  }

  async #append(stream: string, text: string | undefined): Promise<string | undefined | typeof TAKEN_OVER> {
    const tag = this.#tag();
    if (tag === undefined) return undefined;
    // Only the standing stream changes hands.
    const epoch = stream === STANDING ? (this.epoch ?? 0) : undefined;
    try {
      const position = await this.#log.append(this.#session, { stream, text, epoch }, this.#bounds);
      return position === undefined ? TAKEN_OVER : eventId(tag, { stream, sequence: position });
    } catch {
      // Better sent and not kept than not sent.
      if (stream === STANDING) this.isIncomplete = true;
      return undefined;
    }
  }
}
