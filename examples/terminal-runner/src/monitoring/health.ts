import { isToolError, systemClock, type Clock, type Logger } from '@toolyard/core';

import { sharedValue } from './shared-value.ts';

/** `degraded`: works, with something that somebody should look at. */
type HealthStatus = 'ok' | 'degraded' | 'failed';

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
interface HealthReport {
  /** `failed` when a required part has failed, `degraded` when anything else is not ok. */
  readonly status: HealthStatus;
  readonly ageMs: number;
  readonly parts: readonly (HealthFinding & { readonly name: string })[];
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

const CHECK_TIMEOUT_MS = 5_000;

/** Checks parts, all at the same time, each within its limit, and at most once in `maxAgeMs` however many ask. */
export function createHealth({
  parts,
  logger,
  maxAgeMs = 5_000,
  clock = systemClock,
}: HealthOptions): Health {
  const checkers = parts.map((part) => ({ part, check: checkerOf(part, { logger, clock }) }));
  const reading = (chosen: typeof checkers) =>
    sharedValue(
      () =>
        Promise.all(
          chosen.map(async ({ part: { name, isRequired }, check }) => ({
            name,
            isRequired,
            ...(await check()),
          })),
        ),
      { maxAgeMs, clock },
    );
  const all = reading(checkers);
  const required = reading(checkers.filter(({ part }) => part.isRequired));

  return {
    parts,
    async report() {
      const { value, ageMs } = await all();
      return {
        status: overall(value),
        ageMs,
        parts: value.map(({ name, status, message }) => ({ name, status, message })),
      };
    },
    async isReady() {
      const { value } = await required();
      return value.every(({ status }) => status !== 'failed');
    },
  };
}

function overall(parts: readonly { status: HealthStatus; isRequired: boolean }[]): HealthStatus {
  if (parts.some(({ status, isRequired }) => isRequired && status === 'failed')) return 'failed';
  return parts.every(({ status }) => status === 'ok') ? 'ok' : 'degraded';
}

function checkerOf(part: HealthPart, { logger, clock }: { logger: Logger; clock: Clock }) {
  const { name, timeoutMs = CHECK_TIMEOUT_MS } = part;
  /** One at a time: beside one that hangs behind its limit, another would hang as well. */
  let running: Promise<HealthFinding> | undefined;

  async function run(signal: AbortSignal): Promise<HealthFinding> {
    try {
      return await part.check(signal);
    } catch (err) {
      if (isToolError(err)) return { status: 'failed', message: err.message };
      logger.warn({ err, part: name }, 'A health check failed.');
      return { status: 'failed', message: 'It does not work; the log of the server says more.' };
    } finally {
      running = undefined;
    }
  }

  return async function check(): Promise<HealthFinding> {
    const late: HealthFinding = { status: 'failed', message: `It did not answer within ${timeoutMs} ms.` };
    using limit = clock.timeout(timeoutMs);
    const passed = Promise.withResolvers<HealthFinding>();
    limit.signal.addEventListener('abort', () => passed.resolve(late), { once: true });
    running ??= run(limit.signal);
    return await Promise.race([running, passed.promise]);
  };
}
