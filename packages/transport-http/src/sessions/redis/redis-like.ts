/** What the drivers need of Redis: commands, and a connection that hears messages. */
export interface RedisLike {
  /** Runs one command with its arguments. */
  command(args: readonly string[], signal: AbortSignal): Promise<unknown>;
  /** Whether commands are answered now rather than queued until a connection is back. */
  readonly ready: boolean;
  /** Opens a second connection for subscriptions, which restores them by itself. */
  listen(events: RedisListener): RedisSubscriber;
}

/** Hears what arrives on a connection for subscriptions. */
export interface RedisListener {
  message(channel: string, text: string): void;
  /** The connection was lost and is back. */
  reconnected(): void;
}

/** A connection for subscriptions. */
export interface RedisSubscriber {
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  close(): void;
}

/** What is used of a client of the package `redis` (node-redis). */
export interface NodeRedisClient {
  sendCommand(args: readonly string[], options?: { abortSignal?: AbortSignal }): Promise<unknown>;
  readonly isReady: boolean;
  duplicate(): NodeRedisClient;
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: (message: string, channel: string) => void): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  destroy(): void;
  on(event: 'ready' | 'error', listener: (...args: any[]) => void): unknown;
}

/** What is used of a client of the package `ioredis`. */
export interface IoRedisClient {
  call(command: string, ...args: string[]): Promise<unknown>;
  readonly status: string;
  duplicate(): IoRedisClient;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  disconnect(): void;
  on(event: 'ready' | 'error' | 'message', listener: (...args: any[]) => void): unknown;
}

/** A client of `redis` or `ioredis`, as it comes. */
export type RedisClient = NodeRedisClient | IoRedisClient;

/** Makes one of the two. */
export function redisLike(client: RedisClient | RedisLike): RedisLike {
  if (!('duplicate' in client)) return client;
  return 'isReady' in client ? fromNodeRedis(client) : fromIoRedis(client);
}

function fromNodeRedis(client: NodeRedisClient): RedisLike {
  return {
    command: (args, abortSignal) => client.sendCommand(args, { abortSignal }),
    get ready() {
      return client.isReady;
    },
    listen(events) {
      const own = client.duplicate();
      // Told as a lost connection; without a listener it would end the process.
      own.on('error', ignore);
      own.on(
        'ready',
        afterFirst(() => events.reconnected()),
      );
      const connected = own.connect();
      connected.catch(ignore);
      const hear = (text: string, channel: string) => events.message(channel, text);
      return {
        subscribe: async (channel) => {
          await connected;
          await own.subscribe(channel, hear);
        },
        unsubscribe: (channel) => own.unsubscribe(channel),
        close() {
          try {
            own.destroy();
          } catch {
            // It was closed by itself already.
          }
        },
      };
    },
  };
}

function fromIoRedis(client: IoRedisClient): RedisLike {
  return {
    command: ([command, ...args]) => client.call(command!, ...args),
    get ready() {
      return client.status === 'ready';
    },
    listen(events) {
      const own = client.duplicate();
      own.on('error', ignore);
      own.on('message', (channel: string, text: string) => events.message(channel, text));
      own.on(
        'ready',
        afterFirst(() => events.reconnected()),
      );
      return {
        subscribe: (channel) => own.subscribe(channel),
        unsubscribe: (channel) => own.unsubscribe(channel),
        close: () => own.disconnect(),
      };
    },
  };
}

function afterFirst(action: () => void): () => void {
  let first = true;
  return () => {
    if (!first) action();
    first = false;
  };
}

function ignore(): void {}
