import { type Tool } from '@toolyard/core';
import type { Commands } from '../../commands/commands.ts';
import type { Background } from './background.ts';
/**
 * `start`: a program that goes on in the background.
 *
 * @param firstLookMs - what fails at once does so within this time.
 */
export declare function startTool(
  { runner, policy }: Commands,
  background: Background,
  firstLookMs: number,
): Tool;
//# sourceMappingURL=start.d.ts.map
