// This list is the public API of @toolyard/core/middleware.
export type { CallOutcome } from './app/outcome.ts';
export { verifyAuditChain, type AuditVerdict, type VerifyOptions } from './audit/chain.ts';
export type {
  ArgumentShape,
  AuditPrincipal,
  AuditRecord,
  AuditSink,
  AuditTarget,
  ChainEnd,
} from './audit/record.ts';
export { audit, type AuditMiddleware, type AuditOptions } from './middleware/audit.ts';
export { authorize } from './middleware/authorize.ts';
export type { AuthorizeRule } from './middleware/authorize-rules.ts';
export type { AuthorizeSubject } from './middleware/authorize-subjects.ts';
export { cache, type CacheOptions } from './middleware/cache.ts';
export { concurrency, type ConcurrencyOptions, type ConcurrencyQueue } from './middleware/concurrency.ts';
export { idempotency, type IdempotencyOptions } from './middleware/idempotency.ts';
export { log, type LineLevel, type LogOptions } from './middleware/log.ts';
export { limitResult, type LimitResultOptions } from './middleware/limit-result.ts';
export {
  rateLimit,
  type RateLimiterLike,
  type RateLimitKey,
  type RateLimitMemory,
  type RateLimitOptions,
} from './middleware/rate-limit.ts';
export { redact } from './middleware/redact.ts';
export { retry, type RetryOptions } from './middleware/retry.ts';
export type { MethodSelection } from './middleware/selection.ts';
export type { TrustRemoteParent } from './middleware/telemetry/remote-parent.ts';
export { telemetry, type TelemetryOptions } from './middleware/telemetry/telemetry.ts';
export { timeout, type TimeoutOptions } from './middleware/timeout.ts';
export type { RedactOptions } from './redaction/redactor.ts';
export type {
  ArtifactChange,
  ArtifactInfo,
  ArtifactMatch,
  ArtifactOptions,
  ArtifactPart,
  ArtifactQuery,
  ArtifactRange,
  ArtifactSearchOptions,
  ArtifactSearchResult,
  ArtifactStore,
  ArtifactWriter,
} from './process/artifacts/artifact-store.ts';
