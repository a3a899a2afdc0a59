import {
  CancelledError,
  ServerRequests,
  type Clock,
  type Principal,
  type Session,
  type SessionRecord,
} from '@toolyard/core';
import type { JsonRpcResponse, ServerRequest } from '@toolyard/core/protocol';

import { Channel, type ChannelOptions } from './channel.ts';
import { LocalSessionLog, type SessionLog } from './session-log.ts';
import type { SharedSession } from './shared-session.ts';
import type { EventBounds } from './state.ts';

/** What a session of a legacy client is made of. */
export interface HttpSessionOptions {
  readonly id: string;
  readonly principal: Principal;
  readonly clock: Clock;
  readonly events: EventBounds;
  /** How long a call or stream waits for a client that was cut off. */
  readonly resumeWindowMs: number;
  /** How long a client may take to answer a request of the server. */
  readonly requestTimeoutMs: number;
  /** Makes the part of it that other nodes know too, where there are others. */
  readonly share?: ((session: HttpSession) => SharedSession) | undefined;
}

/** Requests to the client that may be open at once. */
const MAX_PENDING = 100;

let uses = 0;

/** One legacy client's session on this node: its record, and the streams and questions now open. */
export class HttpSession implements Session {
  readonly id: string;
  readonly principal: Principal;
  readonly clock: Clock;
  readonly resumeWindowMs: number;
  readonly createdAt: number;
  lastUsedAt: number;
  /** Grows with each use of any session: tells apart those of one millisecond. */
  lastUse = 0;
  record: SessionRecord | undefined = undefined;
  readonly shared: SharedSession | undefined;
  readonly #events: EventBounds;
  readonly #requestTimeoutMs: number;
  /** Requests being answered. A session with any is not idle. */
  #inFlight = 0;
  /** The stream of `GET`, while there is one, and what ends the subscription behind it. */
  #standing: { readonly channel: Channel; readonly stop: () => void } | undefined;
  #log: LocalSessionLog | undefined;
  #channels: Map<string, Channel> | undefined;
  #requests: ServerRequests | undefined;
  #lastChannel = 0;

  constructor(options: HttpSessionOptions) {
    this.id = options.id;
    this.principal = options.principal;
    this.clock = options.clock;
    this.resumeWindowMs = options.resumeWindowMs;
    this.#events = options.events;
    this.#requestTimeoutMs = options.requestTimeoutMs;
    this.createdAt = this.lastUsedAt = options.clock.now();
    this.shared = options.share?.(this);
    this.touch();
  }

  update(record: SessionRecord): void | Promise<void> {
    if (this.shared) return this.shared.update(record);
    this.record = record;
  }

  get isShared(): boolean {
    return this.shared !== undefined;
  }

  get log(): SessionLog {
    return this.shared?.log ?? this.localLog;
  }

  /** The log of a session that no other node knows. */
  get localLog(): LocalSessionLog {
    return (this.#log ??= new LocalSessionLog(this.clock, this.#events));
  }

  /** Whether somebody is connected or being answered. */
  get busy(): boolean {
    return this.#inFlight > 0 || this.#standing?.channel.connected === true;
  }

  /** Whether this node has nothing of it but what others have too. */
  get isEmpty(): boolean {
    return this.#inFlight === 0 && this.#standing === undefined && !this.#channels?.size;
  }

  /** A request begins. */
  enter(): void {
    this.#inFlight += 1;
  }

  /** A request is over; idle time starts again. */
  leave(): void {
    this.#inFlight -= 1;
    this.touch();
  }

  touch(): void {
    this.lastUsedAt = this.clock.now();
    this.lastUse = uses += 1;
  }

  /** Lets go of events that are too old. */
  trim(): void {
    this.#log?.trim();
  }

  get hasStanding(): boolean {
    return this.#standing !== undefined;
  }

  setStanding(channel: Channel, stop: () => void): void {
    this.#standing = { channel, stop };
  }

  dropStanding(): void {
    const standing = this.#standing;
    if (!standing) return;
    this.#standing = undefined;
    standing.stop();
    this.closeChannel(standing.channel);
  }

  /** Sends a message, written as JSON, on the stream of `GET`, where there is one. */
  sendStanding(text: string): void {
    this.#standing?.channel.sendText(text);
  }

  /** @param id - `STANDING`, or left out for the answer of a call. */
  openChannel(options: ChannelOptions, id = this.#nextChannel()): Channel {
    const channel = new Channel(this, id, options);
    (this.#channels ??= new Map()).set(channel.id, channel);
    return channel;
  }

  channel(id: string): Channel | undefined {
    return this.#channels?.get(id);
  }

  closeChannel(channel: Channel): void {
    channel.end();
    if (this.#channels?.get(channel.id) === channel) this.#channels.delete(channel.id);
  }

  /**
   * Asks the client over a channel; settled by {@link HttpSession.settle}.
   *
   * @throws {ToolError} `CLIENT_ERROR` when the client answers with an error, `TIMEOUT` when it does not answer.
   */
  ask(channel: Channel, request: ServerRequest, signal: AbortSignal): Promise<Record<string, unknown>> {
    this.#requests ??= new ServerRequests({
      clock: this.clock,
      timeoutMs: this.#requestTimeoutMs,
      maxPending: MAX_PENDING,
    });
    return this.#requests.request(request, signal, (message) =>
      channel.send(this.shared ? this.shared.addressed(message) : message),
    );
  }

  /** Takes the client's answer to a question; answers nobody waits for are ignored. */
  settle(response: JsonRpcResponse): void {
    this.#requests?.settle(response);
  }

  /** Ends everything that is open. */
  close(): void {
    this.dropStanding();
    for (const channel of this.#channels?.values() ?? []) channel.end();
    this.#channels = undefined;
    this.#requests?.close(new CancelledError('The session has ended.'));
  }

  #nextChannel(): string {
    this.#lastChannel += 1;
    return this.shared ? this.shared.streamName(this.#lastChannel) : String(this.#lastChannel);
  }
}
