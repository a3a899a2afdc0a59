import type { Progress } from '../../call.ts';
import type { Principal } from '../../principal.ts';

/**
 * What a module for a worker pool exports: plain data in, plain data out. It can throw `ToolError` like any handler.
 *
 * @example
 * ```ts
 * import type { WorkerFunction } from '@toolyard/core/process';
 *
 * const countPrimes: WorkerFunction<{ below: number }, { count: number }> = ({ below }, { progress }) => {
 *   let count = 0;
 *   for (let n = 2; n < below; n++) {
 *     if (isPrime(n)) count++;
 *     progress({ progress: n, total: below });
 *   }
 *   return { count };
 * };
 * export default countPrimes;
 *
 * function isPrime(n: number): boolean {
 *   for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
 *   return true;
 * }
 * ```
 */
export type WorkerFunction<Args = any, Result = any> = (
  args: Args,
  call: WorkerCall,
) => Result | Promise<Result>;

/** What a function in a thread knows of its call. */
export interface WorkerCall {
  /** Who calls; `undefined` when the task came from {@link WorkerPool.run}. */
  readonly caller: WorkerCaller | undefined;
  /**
   * Aborts on cancellation and when the time is up; after `killGraceMs` the thread is ended. Code that never awaits
   * does not see it abort.
   */
  readonly signal: AbortSignal;
  /** Like `progress()` of a call. Of many in a row the first in 50 ms gets through. */
  readonly progress: (progress: Progress) => void;
}

/** The part of a call that can be copied into a thread. */
export interface WorkerCaller {
  readonly callId: string;
  readonly tool: string | undefined;
  readonly tenant: string | undefined;
  readonly principal: Pick<Principal, 'id' | 'issuer' | 'clientId' | 'scopes' | 'roles'>;
}
