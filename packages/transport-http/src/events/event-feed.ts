import {
  InvalidOptionError,
  silentLogger,
  systemClock,
  ToolyardError,
  type App,
  type AppEvents,
  type Clock,
  type Logger,
} from '@toolyard/core';

import type { Beside, BesideHandler } from '../beside/beside.ts';
import type { FrontOptions } from '../beside/front.ts';
import { sharedOf } from '../connection/http-part.ts';
import { createFeedHandler } from './feed-handler.ts';
import { FeedReaders } from './feed-readers.ts';
import { FeedLog } from './feed-log.ts';
import { limitsOf, type FeedOptions } from './options.ts';
import { ownerOf } from './owner.ts';

/** Where and to whom a feed is served. */
export interface FeedServingOptions extends FrontOptions {
  /** Default `/events`. */
  readonly path?: string;
  /** How long browsers wait before they come back. Default 2000. */
  readonly retryMs?: number;
}

/** Events for dashboards: published by the server, read over server-sent events. Made by {@link createEventFeed}. */
export interface EventFeed<Events extends object> extends AsyncDisposable {
  /**
   * Sends an event to everybody who may have it, and keeps it for those who come back. After `close` it does nothing.
   *
   * @param options - `owner`: what `callerKey` gives for whoever it concerns; others do not get it.
   * @returns its id.
   * @throws {ToolyardError} `EVENT_NOT_JSON`, `EVENT_TOO_LARGE`
   * @throws {InvalidOptionError} for a type other than 1 to 64 of `A-Z a-z 0-9 _ . -`, and for `gap`.
   */
  publish<T extends keyof Events & string>(
    type: T,
    data: Events[T],
    options?: { readonly owner?: string | undefined },
  ): string | undefined;
  /**
   * Publishes what an app announces, under the same name. The owner is whoever made the call.
   *
   * @param describe - what is told of it; nothing for `undefined`. Arguments and results may hold secrets: choose.
   * @returns the way to stop. Closing the feed stops all.
   */
  follow<E extends keyof AppEvents & keyof Events>(
    app: Pick<App<any, any>, 'on'>,
    event: E,
    describe: (event: AppEvents[E]) => Events[E] | undefined,
  ): () => void;
  /** Serves the feed: `GET /events?types=a,b`. */
  handler(options?: FeedServingOptions): BesideHandler;
  /** {@link EventFeed.handler} for a server to add, with that server's guards, `auth` and `tenant`. */
  beside(options?: FeedServingOptions): Beside;
  /** Readers that are connected now. */
  readonly readerCount: number;
  /** Stops what it follows, and ends its handlers. */
  close(): Promise<void>;
}

/**
 * A feed of events with ids, for dashboards and other readers of server-sent events.
 *
 * Readers who come back with `Last-Event-ID` (browsers do so by themselves) get what they missed. Where that is no
 * longer known, an event `gap` comes first, with `{ reason, lastEventId }`: read everything anew. A reader who takes too
 * little is cut off, and comes back. The log is in this process.
 *
 * @typeParam Events - the data of each type of event.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { createEventFeed } from '@toolyard/transport-http/events';
 *
 * const feed = createEventFeed<{ load: { percent: number } }>();
 * createServer(feed.handler().node).listen(3000, '127.0.0.1');
 * feed.publish('load', { percent: 12 });
 * ```
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 */
export function createEventFeed<Events extends object>(options: FeedOptions = {}): EventFeed<Events> {
  return new Feed<Events>(options);
}

const encoder = new TextEncoder();

class Feed<Events extends object> implements EventFeed<Events> {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #maxEventBytes: number;
  readonly #log: FeedLog;
  readonly #readers: FeedReaders;
  readonly #handlers = new Set<BesideHandler>();
  readonly #following = new Set<() => void>();
  #closed: Promise<void> | undefined = undefined;

  constructor(options: FeedOptions) {
    const { clock = systemClock, logger = silentLogger, allow } = options;
    const limits = limitsOf(options);
    this.#clock = clock;
    this.#logger = logger;
    this.#maxEventBytes = limits.maxEventBytes;
    this.#log = new FeedLog(limits.log, clock);
    this.#readers = new FeedReaders(limits, logger, allow);
  }

  get readerCount(): number {
    return this.#readers.size;
  }

  publish<T extends keyof Events & string>(
    type: T,
    data: Events[T],
    { owner }: { readonly owner?: string | undefined } = {},
  ): string | undefined {
    checkType(type);
    if (this.#closed) return undefined;
    const json = toJson(type, data);
    const bytes = encoder.encode(json).length;
    if (bytes > this.#maxEventBytes) {
      const problem = `The event "${type}" has ${bytes} bytes of JSON; ${this.#maxEventBytes} are allowed.`;
      throw new ToolyardError('EVENT_TOO_LARGE', problem);
    }
    const logged = this.#log.append({ type, data, owner }, json, bytes);
    this.#readers.send(logged);
    return logged.event.id;
  }

  follow<E extends keyof AppEvents & keyof Events>(
    app: Pick<App<any, any>, 'on'>,
    event: E,
    describe: (event: AppEvents[E]) => Events[E] | undefined,
  ): () => void {
    const off = app.on(event, (happened) => {
      const data = describe(happened);
      if (data !== undefined) this.publish(event, data, { owner: ownerOf(happened) });
    });
    const stop = () => {
      this.#following.delete(stop);
      off();
    };
    this.#following.add(stop);
    return stop;
  }

  handler(options: FeedServingOptions = {}): BesideHandler {
    const served = createFeedHandler(
      { log: this.#log, readers: this.#readers, clock: this.#clock, logger: this.#logger },
      options,
    );
    const handler: BesideHandler = {
      ...served,
      close: (closeOptions) => {
        this.#handlers.delete(handler);
        return served.close(closeOptions);
      },
    };
    this.#handlers.add(handler);
    if (this.#closed) void handler.close();
    return handler;
  }

  beside(options: FeedServingOptions = {}): Beside {
    return (_app, shared) => this.handler({ ...sharedOf(shared), ...options });
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    for (const stop of this.#following) stop();
    await Promise.all([...this.#handlers].map((handler) => handler.close()));
  }
}

function checkType(type: string): void {
  if (/^[\w.-]{1,64}$/.test(type) && type !== 'gap') return;
  throw new InvalidOptionError('type', 'must be 1 to 64 of A-Z a-z 0-9 _ . - and not "gap"');
}

function toJson(type: string, data: unknown): string {
  try {
    // Without line breaks, so that one data line is enough.
    return JSON.stringify(data) ?? 'null';
  } catch (cause) {
    throw new ToolyardError('EVENT_NOT_JSON', `The data of the event "${type}" is not JSON.`, { cause });
  }
}
