// The package declares types for its main file alone, which loads drivers that need Node.
declare module 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js' {
  import type { RateLimiterRes } from 'rate-limiter-flexible';

  /** Counts points; how they are stored is up to the class that extends it. */
  export default abstract class RateLimiterStoreAbstract<Stored, Options extends object> {
    constructor(options: { points: number; duration: number; keyPrefix: string });
    readonly points: number;
    consume(key: string, points: number, options: Options): Promise<RateLimiterRes>;
    /** Adds points to a key, opening a window of `durationMs` if none is open. */
    abstract _upsert(
      key: string,
      points: number,
      durationMs: number,
      forceExpire: boolean,
      options: Options,
    ): Promise<Stored>;
    abstract _getRateLimiterRes(key: string, points: number, stored: Stored): RateLimiterRes;
  }
}

declare module 'rate-limiter-flexible/lib/RateLimiterRes.js' {
  import type { RateLimiterRes } from 'rate-limiter-flexible';

  const Constructor: typeof RateLimiterRes;
  export default Constructor;
}
