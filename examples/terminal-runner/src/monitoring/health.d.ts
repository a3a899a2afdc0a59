import { type Clock, type Logger } from '@toolyard/core';
/** `degraded`: works, with something that somebody should look at. */
export type HealthStatus = 'ok' | 'degraded' | 'failed';
/** What was found out about a part. */
export interface HealthFinding {
  readonly status: HealthStatus;
  /** A sentence; clients see it. */
  readonly message: string;
}
/** How much of something a caller uses. */
export interface Usage {
  readonly what: string;
  readonly used: number;
  readonly limit?: number | undefined;
}
/** A part of the server that can tell how it is. */
export interface HealthPart {
  readonly name: string;
  /** Whether the server wants no calls while it fails. */
  readonly isRequired: boolean;
  /** How long `check` may take. Default: 5,000 ms. */
  readonly timeoutMs?: number | undefined;
  /** Throwing counts as failed; only the message of a `ToolError` is shown. */
  check(signal: AbortSignal): Promise<HealthFinding>;
  /** What one caller uses; nobody hears of others. */
  usage?(owner: string): Promise<readonly Usage[]>;
}
/** The state of all parts. */
export interface HealthReport {
  /** `failed` when a required part has failed, `degraded` when anything else is not ok. */
  readonly status: HealthStatus;
  readonly ageMs: number;
  readonly parts: readonly (HealthFinding & {
    readonly name: string;
  })[];
}
/** Knows how the parts of the server are. */
export interface Health {
  readonly parts: readonly HealthPart[];
  /** The state of all parts. Never rejects. */
  report(): Promise<HealthReport>;
  /** Whether all required parts work; looks at these alone. For `ready` of `serveHttp`. Never rejects. */
  isReady(this: void): Promise<boolean>;
}
/** What `createHealth` needs. */
export interface HealthOptions {
  readonly parts: readonly HealthPart[];
  readonly logger: Logger;
  /** How long a result serves everybody who asks. Default: 5,000 ms. */
  readonly maxAgeMs?: number | undefined;
  readonly clock?: Clock | undefined;
}
/** Checks parts, all at the same time, each within its limit, and at most once in `maxAgeMs` however many ask. */
export declare function createHealth({ parts, logger, maxAgeMs, clock }: HealthOptions): Health;
//# sourceMappingURL=health.d.ts.map
