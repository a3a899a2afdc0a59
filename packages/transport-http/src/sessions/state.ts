import type { Awaitable, SessionRecord } from '@toolyard/core';

/**
 * What the nodes of one server share, so that each of them serves every session and a restart loses none. Made by
 * `redisState`, `sqliteState` or `memoryState`; its parts can be exchanged for your own.
 */
export interface HttpState {
  readonly sessions: SessionStore;
  readonly events: EventLog;
  readonly bus: NotificationBus;
}

/** What is kept of a session. Plain JSON. */
export interface StoredSession {
  /** The `principalKey` of the principal that opened it. */
  readonly owner: string;
  /** In front of the ids of its events, so that those of other sessions are recognised. */
  readonly tag: string;
  /** When it is over however much it is used, in milliseconds since the epoch. */
  readonly endsAt: number;
  readonly record: SessionRecord;
}

/** A session with the number of its last change. */
export interface FoundSession extends StoredSession {
  readonly version: number;
}

/** Bounds given with a new session. */
export interface SessionBounds {
  /** It is gone when it was not used for this long. */
  readonly idleMs: number;
  /** How many there may be. */
  readonly maxSessions: number;
  /** Where that many exist, the one unused for longest makes room, if it was unused for at least this long. */
  readonly evictAfterMs: number;
}

/**
 * Keeps the sessions of 2025 clients. Every operation is atomic, also between processes; one that cannot be done
 * throws, best a {@link StateUnavailableError}. A driver may answer at once or later.
 */
export interface SessionStore {
  /** Adds a session as version 1. `false` where there is no room. */
  create(id: string, session: StoredSession, bounds: SessionBounds): Awaitable<boolean>;
  /**
   * Reads a session and notes its use, from which idle time counts. `undefined` when it never was, is over, or belongs
   * to another owner, which must not prolong its life.
   */
  use(id: string, owner: string): Awaitable<FoundSession | undefined>;
  /**
   * Replaces the record if nobody else did since `version`. Returns the new version, or `undefined` where the record
   * stays as it is: the session is over, or was changed meanwhile.
   */
  replace(id: string, record: SessionRecord, version: number): Awaitable<number | undefined>;
  /** Whether there was one. */
  delete(id: string): Awaitable<boolean>;
  /** Announces that a node is alive for `ttlMs` from now; 0 that it is gone. */
  beat(node: string, ttlMs: number): Awaitable<void>;
  isAlive(node: string): Awaitable<boolean>;
}

/** How much is kept of the events of one session. */
export interface EventBounds {
  readonly maxEvents: number;
  /** Characters of all events together. The newest event stays, however large. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** An event to keep. */
export interface NewEvent {
  /** Which of the session's streams it is part of. */
  readonly stream: string;
  /** What to send again; left out to take a place in the order alone. */
  readonly text?: string | undefined;
  /** Of the claim under which the stream is written, where it needs one. */
  readonly epoch?: number | undefined;
}

/** A kept event. */
export interface LoggedEvent {
  readonly position: number;
  readonly text: string;
}

/** The right to write a stream, until somebody else claims it. */
export interface StreamClaim {
  /** Higher than that of every claim before. */
  readonly epoch: number;
  /** Who held the stream and did not release it, where that is still known. */
  readonly former: string | undefined;
}

/**
 * Keeps the latest events of each session for clients that come back. Operations are atomic between processes; those
 * that one process starts on a session take effect in their order.
 */
export interface EventLog {
  /**
   * Adds an event. Returns its position: a safe integer above 0 that grows over all streams of the session, also when
   * all its events are gone. `undefined` where the stream was claimed with a higher epoch.
   */
  append(session: string, event: NewEvent, bounds: EventBounds): Awaitable<number | undefined>;
  /** The events of a stream after a position that are still kept, oldest first. */
  read(session: string, stream: string, after: number): Awaitable<readonly LoggedEvent[]>;
  /** Calls `listener` soon after any process has added events to the session. Returns the way to stop. */
  follow(session: string, listener: () => void): () => void;
  /** Takes a stream over from whoever holds it. The claim is kept for `ttlMs` from now. */
  claim(session: string, stream: string, holder: string, ttlMs: number): Awaitable<StreamClaim>;
  /** Keeps a claim for `ttlMs` from now; 0 gives it back. `false` where somebody else has claimed the stream. */
  renew(session: string, stream: string, epoch: number, ttlMs: number): Awaitable<boolean>;
  /** Forgets the events of a session. */
  drop(session: string): Awaitable<void>;
}

/** Hears the messages of a topic. Must not throw. */
export interface BusListener {
  message(message: unknown): void;
  /** Messages may have been missed: the connection was lost for a while. */
  gap(): void;
}

/** Carries messages between the processes of one server: at most once, in order for each sender and topic. */
export interface NotificationBus {
  /** @param message - plain JSON. */
  publish(topic: string, message: unknown): Awaitable<void>;
  /** Resolves once messages arrive, the sender's own among them. Returns the way to stop. */
  subscribe(topic: string, listener: BusListener): Promise<() => void>;
}
