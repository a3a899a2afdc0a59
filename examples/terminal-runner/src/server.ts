import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { createApp, type App, type Logger } from '@toolyard/core';
import { log, telemetry } from '@toolyard/core/middleware';
import { sqliteStore } from '@toolyard/core/stores';

import { createCalculator } from './calculate/calculator.ts';
import { createProgramRunner } from './commands/run-program.ts';
import { createNotes } from './context/notes.ts';
import { diagnosePrompt } from './diagnose-prompt.ts';
import { fileResource } from './file-resource.ts';
import { createSafeRoot } from './files/safe-root.ts';
import { workspaceOf, type TerminalConfig } from './terminal-config.ts';
import { calculateTool } from './tools/calculate.ts';
import { contextTools } from './tools/context.ts';
import { fileTools } from './tools/files.ts';
import { runTool } from './tools/run.ts';
import { systemInfoTool } from './tools/system-info.ts';

export const NAME = 'terminal-runner';
export const VERSION = '0.1.0';

const INSTRUCTIONS = [
  'Programs, files, calculations and notes on one machine.',
  'Paths are relative to one directory, the file root; nothing outside of it can be reached.',
  'Notes (context_set, context_get) outlast this conversation.',
].join(' ');

/** The server apart from how it is reached. Closing the app ends everything that was started for it. */
export async function createTerminal(
  config: Pick<TerminalConfig, 'data' | 'root' | 'allowProgram'>,
  logger: Logger,
): Promise<App> {
  const app = createApp({
    name: NAME,
    version: VERSION,
    title: 'Terminal runner',
    instructions: INSTRUCTIONS,
    logger,
  }).use(telemetry(), log());
  try {
    await mkdir(config.data, { recursive: true, mode: 0o700 });
    const root = await createSafeRoot(workspaceOf(config));
    const store = sqliteStore({ path: join(config.data, 'notes.sqlite') });
    app.onClose(() => store.close?.());
    const calculator = createCalculator();
    app.onClose(() => calculator.close());
    const home = join(config.data, 'home');
    const runner = await createProgramRunner({ programs: config.allowProgram, root: root.path, home });
    app.onClose(() => runner.close());

    return app.add(
      runTool(runner),
      ...fileTools(root),
      systemInfoTool(root.path),
      calculateTool(calculator),
      ...contextTools(createNotes(store)),
      fileResource(root),
      diagnosePrompt,
    );
  } catch (error) {
    await app.close();
    throw error;
  }
}
