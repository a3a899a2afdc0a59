import type { Clock } from '@toolyard/core';

import { BoundedCache } from './bounded-cache.ts';

interface Window {
  readonly endsAt: number;
  readonly seen: Set<string>;
  count: number;
}

/** Counts what happens under a key, in windows of one length. Says once per window that the threshold was reached. */
export class CountedWindows {
  readonly #windows: BoundedCache<Window>;
  readonly #threshold: number;
  readonly #windowMs: number;
  readonly #clock: Clock;

  constructor(options: { threshold: number; windowMs: number; maxKeys: number; clock: Clock }) {
    this.#windows = new BoundedCache(options.maxKeys);
    this.#threshold = options.threshold;
    this.#windowMs = options.windowMs;
    this.#clock = options.clock;
  }

  /** Counts one more. True the moment the threshold is reached. */
  add(key: string): boolean {
    const window = this.#windowOf(key);
    window.count += 1;
    return window.count === this.#threshold;
  }

  /** Counts `value` if it is new. The values, the moment there are as many as the threshold. */
  addDistinct(key: string, value: string): readonly string[] | undefined {
    const { seen } = this.#windowOf(key);
    if (seen.size >= this.#threshold || seen.has(value)) return undefined;
    seen.add(value);
    return seen.size === this.#threshold ? [...seen] : undefined;
  }

  #windowOf(key: string): Window {
    const now = this.#clock.monotonic();
    const known = this.#windows.get(key);
    if (known && now < known.endsAt) return known;
    const window = { endsAt: now + this.#windowMs, seen: new Set<string>(), count: 0 };
    this.#windows.set(key, window);
    return window;
  }
}
