import { createHash } from 'node:crypto';

import type { Clock } from '@toolyard/core';

import { StateUnavailableError } from '../state-error.ts';
import type { BusListener } from '../state.ts';
import type { RedisLike, RedisSubscriber } from './redis-like.ts';

/** A script that Redis runs as one operation. */
export interface Script {
  readonly text: string;
  readonly digest: string;
}

export function script(text: string): Script {
  return { text, digest: createHash('sha1').update(text).digest('hex') };
}

/** Commands with a deadline, and one connection for all subscriptions. */
export class RedisConnection {
  readonly #redis: RedisLike;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #channels = new Map<string, Set<TextListener>>();
  /** Digests of the scripts that Redis has. */
  readonly #loaded = new Set<string>();
  #subscriber: RedisSubscriber | undefined;
  /** The last command failed. Until there is a connection again, further ones need not try. */
  #failed = false;

  constructor(redis: RedisLike, clock: Clock, timeoutMs: number) {
    this.#redis = redis;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** @throws {StateUnavailableError} */
  async command(...args: readonly string[]): Promise<unknown> {
    return this.#try((signal) => this.#redis.command(args, signal));
  }

  /** @throws {StateUnavailableError} */
  run(
    { text, digest }: Script,
    keys: readonly string[],
    ...args: readonly (string | number)[]
  ): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args.map(String)];
    return this.#try(async (signal) => {
      // In full until Redis is known to have it: a second try could be overtaken by what was started later.
      if (this.#loaded.has(digest)) {
        try {
          return await this.#redis.command(['EVALSHA', digest, ...rest], signal);
        } catch (error) {
          if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
          this.#loaded.delete(digest);
        }
      }
      const result = await this.#redis.command(['EVAL', text, ...rest], signal);
      this.#loaded.add(digest);
      return result;
    });
  }

  /** Resolves once messages arrive. */
  async subscribe(channel: string, listener: TextListener): Promise<() => void> {
    const listeners = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, listeners.add(listener));
    this.#subscriber ??= this.#redis.listen({
      message: (from, text) => {
        for (const each of this.#channels.get(from) ?? []) each.message(text);
      },
      reconnected: () => {
        for (const all of this.#channels.values()) for (const each of all) each.gap();
      },
    });
    const subscriber = this.#subscriber;
    const stop = () => {
      if (!listeners.delete(listener) || listeners.size > 0 || this.#channels.get(channel) !== listeners)
        return;
      this.#channels.delete(channel);
      if (this.#channels.size === 0) {
        this.#subscriber = undefined;
        subscriber.close();
      } else {
        // Nobody listens any more, whether Redis learns of it or not.
        subscriber.unsubscribe(channel).catch(() => {});
      }
    };
    try {
      await this.#try(() => subscriber.subscribe(channel));
    } catch (error) {
      stop();
      throw error;
    }
    return stop;
  }

  async #try<T>(action: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#failed && !this.#redis.ready) throw new StateUnavailableError('Redis');
    const { promise: late, reject } = Promise.withResolvers<never>();
    const limit = new AbortController();
    const timer = this.#clock.after(this.#timeoutMs, () => {
      const error = new Error(`Redis did not answer within ${this.#timeoutMs} ms.`);
      limit.abort(error);
      reject(error);
    });
    try {
      const result = await Promise.race([action(limit.signal), late]);
      this.#failed = false;
      return result;
    } catch (cause) {
      this.#failed = true;
      throw new StateUnavailableError('Redis', { cause });
    } finally {
      timer.cancel();
    }
  }
}

/** Like {@link BusListener}, for the text as it comes. */
export interface TextListener extends Pick<BusListener, 'gap'> {
  message(text: string): void;
}
