import type { TerminalSession } from '@toolyard/core/process';

/** How long to wait for what a program draws. */
export interface SettleOptions {
  /** An RE2 expression that has to match on the screen. Without one, silence is waited for. */
  readonly pattern?: string | undefined;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** Why a wait ended: `idle` is a screen that does not change any more. */
export type Settled = Awaited<ReturnType<TerminalSession['wait']>>['reason'];

const QUIET_MS = 150;
/** For a program to begin to answer; after that, silence is its answer. */
const FIRST_OUTPUT_MS = 500;

/**
 * Waits until a program has drawn its answer. A pattern is looked for only then: what was there before may match too.
 *
 * @throws {ToolError} `INVALID_PATTERN`
 */
export async function settle(
  session: TerminalSession,
  { pattern, waitMs, signal }: SettleOptions,
): Promise<Settled> {
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  const left = () => Math.max(1, waitMs - elapsed());
  const before = lastOutputOf(session);
  // Two figures that were rounded may differ by one.
  const isSilent = () => lastOutputOf(session) <= before + 1 && elapsed() < FIRST_OUTPUT_MS;
  let reason: Settled;
  do ({ reason } = await session.wait({ idleMs: QUIET_MS }, { timeoutMs: left(), signal }));
  while (reason === 'idle' && isSilent());
  if (pattern === undefined) return reason;
  return (await session.wait({ pattern }, { timeoutMs: left(), signal })).reason;
}

/** @throws {ToolError} `INVALID_PATTERN`, before anything is typed. */
export async function checkPattern(session: TerminalSession, pattern: string | undefined): Promise<void> {
  if (pattern !== undefined) await session.wait({ pattern }, { timeoutMs: 1 });
}

/** In milliseconds since the start. */
function lastOutputOf(session: TerminalSession): number {
  const { durationMs, silentMs } = session.info();
  return durationMs - silentMs;
}
