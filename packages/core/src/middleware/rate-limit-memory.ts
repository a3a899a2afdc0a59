// oxlint-disable-next-line typescript/triple-slash-reference -- whoever compiles this file needs the declarations too
/// <reference path="./rate-limiter-flexible.d.ts" />
import type { RateLimiterRes as Res } from 'rate-limiter-flexible';
// Not the package's main file: that loads drivers which need Node.
import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js';
import RateLimiterStoreAbstract from 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js';

/** A limiter that is told the time. It rejects with `{ msBeforeNext }` where the limit is reached. */
export interface MemoryLimiter {
  consume(key: string, points: number, options: { readonly now: number }): Promise<unknown>;
}

export interface MemoryLimiterOptions {
  readonly points: number;
  readonly durationMs: number;
  readonly maxKeys: number;
}

/**
 * A limiter in memory, bounded: of more than `maxKeys` keys it forgets the older half. The library's own keeps every
 * key, with a timer each, and knows the system time only.
 */
export function memoryLimiter(options: MemoryLimiterOptions): MemoryLimiter {
  return new BoundedMemoryLimiter(options);
}

interface Window {
  consumed: number;
  readonly endsAt: number;
}

interface Consumed {
  readonly consumed: number;
  readonly leftMs: number;
}

class BoundedMemoryLimiter extends RateLimiterStoreAbstract<Consumed, { now: number }> {
  readonly #durationMs: number;
  readonly #keysPerHalf: number;
  // All windows are of one length: when a half is as old as that, whatever the half before it holds is over.
  #recent = new Map<string, Window>();
  #older = new Map<string, Window>();
  #halfEndsAt = 0;

  constructor({ points, durationMs, maxKeys }: MemoryLimiterOptions) {
    super({ points, duration: durationMs / 1000, keyPrefix: '' });
    this.#durationMs = durationMs;
    this.#keysPerHalf = Math.ceil(maxKeys / 2);
  }

  override async _upsert(
    key: string,
    points: number,
    _durationMs: number,
    _forceExpire: boolean,
    { now }: { now: number },
  ): Promise<Consumed> {
    if (this.#isOver(this.#halfEndsAt, now)) this.#startHalf(now);
    let window = this.#recent.get(key) ?? this.#older.get(key);
    if (window === undefined || this.#isOver(window.endsAt, now)) {
      if (this.#recent.size >= this.#keysPerHalf) this.#startHalf(now);
      window = { consumed: 0, endsAt: now + this.#durationMs };
      this.#recent.set(key, window);
    }
    window.consumed += points;
    return { consumed: window.consumed, leftMs: window.endsAt - now };
  }

  override _getRateLimiterRes(_key: string, points: number, { consumed, leftMs }: Consumed): Res {
    return new RateLimiterRes(Math.max(this.points - consumed, 0), leftMs, consumed, consumed === points);
  }

  /** A window that ends later than one opened now was opened before somebody set the clock back. */
  #isOver(endsAt: number, now: number): boolean {
    return endsAt <= now || endsAt > now + this.#durationMs;
  }

  #startHalf(now: number): void {
    this.#older = this.#recent;
    this.#recent = new Map();
    this.#halfEndsAt = now + this.#durationMs;
  }
}
