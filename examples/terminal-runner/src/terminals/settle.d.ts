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
/**
 * Waits until a program has drawn its answer. A pattern is looked for only then: what was there before may match too.
 *
 * @throws {ToolError} `INVALID_PATTERN`
 */
export declare function settle(
  session: TerminalSession,
  { pattern, waitMs, signal }: SettleOptions,
): Promise<Settled>;
/** @throws {ToolError} `INVALID_PATTERN`, before anything is typed. */
export declare function checkPattern(session: TerminalSession, pattern: string | undefined): Promise<void>;
//# sourceMappingURL=settle.d.ts.map
