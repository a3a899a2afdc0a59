import type { Tool } from '@toolyard/core';
import type { DecidedCommand } from '@toolyard/core/process';
import type { Commands } from '../../commands/commands.ts';
/** Options of {@link commandTools}. */
export interface CommandToolsOptions {
  /** Hears of every text for `send_input`, as `createCommands` tells of commands; for an audit. */
  readonly onDecision?: ((decided: DecidedCommand) => void) | undefined;
  /** How long `start` waits for a program that fails at once. Default: 1,000. */
  readonly firstLookMs?: number;
}
/**
 * Commands as tools: `run`, `run_line`, `start`, `wait`, `send_input`, `signal`, `kill` and `list_processes`. Install
 * core's `artifacts` with `commands.artifacts` beside them: it reads what they keep. None where the policy allows no
 * program.
 */
export declare function commandTools(
  commands: Commands,
  { onDecision, firstLookMs }?: CommandToolsOptions,
): Tool[];
//# sourceMappingURL=command-tools.d.ts.map
