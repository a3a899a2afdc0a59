/** How long to wait between attempts. */
export interface BackoffOptions {
  /** Before the second attempt; doubles with each. Default 500. */
  readonly initialMs?: number;
  /** Never longer than this, but for a `Retry-After` of the server. Default 30 000. */
  readonly maxMs?: number;
}

/** Waiting times that grow, each shortened by chance, so that clients that fell together do not return together. */
export class Backoff {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly #random: () => number;

  constructor({ initialMs = 500, maxMs = 30_000 }: BackoffOptions = {}, random: () => number = Math.random) {
    this.initialMs = initialMs;
    this.maxMs = maxMs;
    this.#random = random;
  }

  /** Milliseconds to wait after the failure of attempt `attempt`, which counts from 1: half to all of the step. */
  delayMs(attempt: number): number {
    const step = Math.min(this.maxMs, this.initialMs * 2 ** Math.min(attempt - 1, 30));
    return Math.round(step * (0.5 + this.#random() / 2));
  }
}

/** What a server can ask for at most, lest it silence a client for ever. */
const LONGEST_RETRY_AFTER_MS = 10 * 60_000;

/** Milliseconds a `Retry-After` header asks for: seconds or a date. */
export function parseRetryAfter(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  const seconds = Number(value);
  const ms = value.trim() !== '' && Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS) : undefined;
}
