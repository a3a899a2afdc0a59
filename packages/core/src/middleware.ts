// This list is the public API of @toolyard/core/middleware.
export { authorize } from './middleware/authorize.ts';
export type { AuthorizeRule } from './middleware/authorize-rules.ts';
export type { AuthorizeSubject } from './middleware/authorize-subjects.ts';
export { cache, type CacheOptions } from './middleware/cache.ts';
export { concurrency, type ConcurrencyOptions, type ConcurrencyQueue } from './middleware/concurrency.ts';
export { idempotency, type IdempotencyOptions } from './middleware/idempotency.ts';
export {
  rateLimit,
  type RateLimiterLike,
  type RateLimitKey,
  type RateLimitMemory,
  type RateLimitOptions,
} from './middleware/rate-limit.ts';
export { retry, type RetryOptions } from './middleware/retry.ts';
export { timeout, type TimeoutOptions } from './middleware/timeout.ts';
