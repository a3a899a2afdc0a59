import { type Call } from '@toolyard/core';
import type { DecidedCommand, ManagedProcess } from '@toolyard/core/process';
interface InputGuardOptions {
  /** Whether a person decides, once for each process. */
  readonly needsApproval: boolean;
  readonly onDecision: ((decided: DecidedCommand) => void) | undefined;
}
/**
 * Lets text pass to a process once the person at the client has allowed it. The policy has looked at the command, and
 * never at what is typed into it.
 *
 * @returns a function that throws a {@link ToolError} `COMMAND_NOT_APPROVED`.
 */
export declare function inputGuard({
  needsApproval,
  onDecision,
}: InputGuardOptions): (process: ManagedProcess, text: string, call: Call) => Promise<void>;
export {};
//# sourceMappingURL=input-guard.d.ts.map
