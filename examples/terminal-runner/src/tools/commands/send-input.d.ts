import { type Tool } from '@toolyard/core';
import type { DecidedCommand } from '@toolyard/core/process';
import type { Commands } from '../../commands/commands.ts';
import type { Background } from './background.ts';
/**
 * `send_input`: text for a program in the background.
 *
 * @param onDecision - hears what is sent, and what was refused; for an audit.
 */
export declare function sendInputTool(
  { policy, sandbox }: Commands,
  background: Background,
  onDecision: ((decided: DecidedCommand) => void) | undefined,
): Tool;
//# sourceMappingURL=send-input.d.ts.map
