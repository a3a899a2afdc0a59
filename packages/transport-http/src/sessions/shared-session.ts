import { CancelledError, principalKey, type SessionRecord } from '@toolyard/core';
import type {
  JsonRpcNotification,
  JsonRpcRequest,
  JsonRpcResponse,
  RequestId,
} from '@toolyard/core/protocol';

import { mergeRecords } from './merge-records.ts';
import { newTag, type EventPosition, type MissedEvent } from './session-log.ts';
import type { HttpSession } from './session.ts';
import { SharedSessionLog } from './shared-session-log.ts';
import { StateUnavailableError } from './state-error.ts';
import type { EventBounds, FoundSession, HttpState, StoredSession } from './state.ts';

/** What a session takes from its node. */
export interface SharedSessionOptions {
  readonly node: string;
  readonly state: HttpState;
  readonly events: EventBounds;
  readonly maxAgeMs: number;
}

/** Times a change is tried again that others were faster than. */
const MAX_ATTEMPTS = 20;

/** The part of a session that all nodes know. */
export class SharedSession {
  readonly log: SharedSessionLog;
  readonly #session: HttpSession;
  readonly #node: string;
  readonly #state: HttpState;
  readonly #endsAt: number;
  /** Of the record, once other nodes can know it. */
  #version: number | undefined;
  #tag = newTag();

  constructor(session: HttpSession, { node, state, events, maxAgeMs }: SharedSessionOptions) {
    this.#session = session;
    this.#node = node;
    this.#state = state;
    this.#endsAt = session.createdAt + maxAgeMs;
    this.log = new SharedSessionLog(session.id, state.events, events, () =>
      this.#version === undefined ? undefined : this.#tag,
    );
  }

  /** What is stored of a new session, for {@link SharedSession.found} once it is. */
  describe(record: SessionRecord): StoredSession {
    return { owner: principalKey(this.#session.principal), tag: this.#tag, endsAt: this.#endsAt, record };
  }

  /** Takes over what the store has. */
  found({ record, version, tag }: Pick<FoundSession, 'record' | 'version' | 'tag'>): void {
    if (version < (this.#version ?? 0)) return;
    this.#session.record = record;
    this.#version = version;
    this.#tag = tag;
  }

  /**
   * Changes the record, together with what other nodes change at the same time.
   *
   * @throws {StateUnavailableError} when the store cannot be reached.
   * @throws {CancelledError} when the session has ended.
   */
  async update(wanted: SessionRecord): Promise<void> {
    const session = this.#session;
    const before = session.record;
    if (this.#version === undefined || before === undefined) {
      session.record = wanted;
      return;
    }
    let record = wanted;
    let version = this.#version;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const next = await this.#state.sessions.replace(session.id, record, version);
      if (next !== undefined) return this.found({ record, version: next, tag: this.#tag });
      const found = await this.#state.sessions.use(session.id, principalKey(session.principal));
      if (!found) throw new CancelledError('The session has ended.');
      record = mergeRecords(before, wanted, found.record);
      version = found.version;
    }
    throw new StateUnavailableError('session store');
  }

  /** Events of a stream that the client has not seen. */
  missed(from: EventPosition): Promise<readonly MissedEvent[]> {
    return this.log.after(from);
  }

  /** What a stream was to answer and has not answered; `undefined` where it has, or nobody knows any more. */
  unansweredRequest(stream: string): Promise<RequestId | undefined> {
    return this.log.unanswered(stream);
  }

  /** Names of streams tell who writes them. */
  streamName(number: number): string {
    return `${this.#node}x${number}`;
  }

  /** Writes this node into a question to the client, so that the answer finds its way back from any other. */
  addressed(message: JsonRpcRequest | JsonRpcNotification): JsonRpcRequest | JsonRpcNotification {
    if ('id' in message) return { ...message, id: `${this.#node}-${String(message.id)}` };
    const requestId = message.params?.['requestId'];
    return { ...message, params: { ...message.params, requestId: `${this.#node}-${String(requestId)}` } };
  }
}

/** Who asked the question that a client answers, and under which id. */
export function readAddress(id: RequestId | null): { node: string; id: number } | undefined {
  const [, node, number] = /^([\da-f]{12})-(\d{1,15})$/.exec(String(id)) ?? [];
  return node === undefined ? undefined : { node, id: Number(number) };
}

/** An answer to {@link SharedSession.addressed} as its node expects it. */
export function unaddressed(response: JsonRpcResponse, id: number): JsonRpcResponse {
  return { ...response, id };
}

/** Who writes a stream. */
export function writerOf(stream: string): string | undefined {
  return /^([\da-f]{12})x\d+$/.exec(stream)?.[1];
}
