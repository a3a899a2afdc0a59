import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { createApp, type App, type Logger, type Tool } from '@toolyard/core';
import { audit, limitResult, log, telemetry } from '@toolyard/core/middleware';
import { artifacts } from '@toolyard/core/process';
import { sqliteAuditSink } from '@toolyard/core/stores';
import { diagnosePrompt } from './diagnose-prompt.ts';
import { fileResource } from './file-resource.ts';
import { healthTool } from './monitoring/health-tool.ts';
import { openParts, type Parts } from './parts.ts';
import type { TerminalConfig } from './terminal-config.ts';
import { openTerminals } from './terminals/open-terminals.ts';
import { calculateTool } from './tools/calculate.ts';
import { commandTools } from './tools/commands/command-tools.ts';
import { contextTools } from './tools/context.ts';
import { fileTools } from './tools/files.ts';
import { runShellTool, SHELL_POLICY } from './tools/run-shell.ts';
import { systemInfoTool } from './tools/system-info.ts';
import { terminalTools } from './tools/terminals.ts';
import { createUserTools } from './user-tools/user-tools.ts';

export const NAME = 'terminal-runner';
export const VERSION = '0.1.0';

/** The newest are kept: some hundred megabytes. */
const MAX_AUDIT_RECORDS = 500_000;

const READ_OUTPUT = 'read_output';

const INSTRUCTIONS = [
  'Programs, files, calculations and notes on one machine, under a policy.',
  'Paths are relative to the first root; "name:path" is in another one. Nothing outside of them can be reached.',
  'run and run_line for programs that end, start for those that go on. What is refused says which rule did and what is allowed.',
  'Output that is too long is kept: read_output gives the rest.',
  'Notes (context_set, context_get) outlast this conversation.',
].join(' ');

/** The server apart from how it is reached. */
export interface TerminalServer {
  /** Closing it ends everything that was started for it. */
  readonly app: App;
  /** Whether it can take calls. */
  isReady(this: void): Promise<boolean>;
  /** Reads the file of `--tools` again. */
  reloadTools(): Promise<void>;
}

/** Puts the server together. What is opened is closed with the app, in reverse order. */
export async function createTerminal(config: TerminalConfig, logger: Logger): Promise<TerminalServer> {
  await mkdir(config.data, { recursive: true, mode: 0o700 });
  const data = await realpath(config.data);
  const app = createAuditedApp(data, logger);
  try {
    const parts = await openParts(app, config, { data, logger });
    const { artifacts: store } = parts.commands;
    const tools = [
      ...toolsOf(parts),
      ...shellTools(parts, config),
      ...(await openTerminalTools(parts, { app, config, logger })),
    ];
    app
      .use('tools/call', limitResult({ store }))
      .install(artifacts, { store, tool: READ_OUTPUT })
      .add(...tools, fileResource(parts.roots), diagnosePrompt);

    const { tools: path } = config;
    const names = new Set([READ_OUTPUT, ...tools.map(({ name }) => name)]);
    const { commands } = parts;
    const userTools =
      path === undefined
        ? undefined
        : await createUserTools({ app, commands, path, logger, reserved: () => names });
    return { app, isReady: parts.health.isReady, reloadTools: async () => userTools?.reload() };
  } catch (error) {
    await app.close();
    throw error;
  }
}

function createAuditedApp(data: string, logger: Logger): App {
  const trail = audit({
    sink: sqliteAuditSink({ path: join(data, 'audit.sqlite'), maxRecords: MAX_AUDIT_RECORDS }),
  });
  return createApp({
    name: NAME,
    version: VERSION,
    title: 'Terminal runner',
    instructions: INSTRUCTIONS,
    logger,
  })
    .use(telemetry(), trail, log())
    .onClose(() => trail.close());
}

function toolsOf({ roots, commands, calculator, notes, health, onDecision }: Parts): Tool[] {
  return [
    ...commandTools(commands, { onDecision }),
    ...fileTools(roots),
    systemInfoTool(roots.roots[0]!.path, { supervisor: commands.supervisor }),
    healthTool(health),
    calculateTool(calculator),
    ...contextTools(notes),
  ];
}

function shellTools({ commands }: Parts, { shell }: TerminalConfig): Tool[] {
  if (shell === 'off') return [];
  return [runShellTool({ commands, runner: commands.runnerUnder(SHELL_POLICY), shell })];
}

async function openTerminalTools(
  { commands, commandLog, onDecision }: Parts,
  { app, config, logger }: { app: App; config: TerminalConfig; logger: Logger },
): Promise<Tool[]> {
  if (!config.terminals) return [];
  const terminals = await openTerminals({ logger });
  app.onClose(() => terminals.close());
  commandLog.watchTerminals(terminals);
  return terminalTools({ terminals, commands, onDecision });
}
