import type { Tool } from '@toolyard/core';
import type { DecidedCommand } from '@toolyard/core/process';

import type { Commands } from '../../commands/commands.ts';
import { createResultCache } from '../../output/result-cache.ts';
import { createBackground } from './background.ts';
import { killTool } from './kill.ts';
import { listProcessesTool } from './list-processes.ts';
import { runLineTool } from './run-line.ts';
import { runTool } from './run.ts';
import { sendInputTool } from './send-input.ts';
import { signalTool } from './signal.ts';
import { startTool } from './start.ts';
import { waitTool } from './wait.ts';

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
export function commandTools(
  commands: Commands,
  { onDecision, firstLookMs = 1_000 }: CommandToolsOptions = {},
): Tool[] {
  if (commands.policy.programs.length === 0) return [];
  const background = createBackground(commands);
  return [
    runTool(commands, createResultCache()),
    runLineTool(commands),
    startTool(commands, background, firstLookMs),
    waitTool(background),
    sendInputTool(commands, background, onDecision),
    signalTool(background),
    killTool(background),
    listProcessesTool(commands),
  ];
}
