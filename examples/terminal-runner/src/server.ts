import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';

import { createApp, type App, type Logger } from '@toolyard/core';
import { audit, limitResult, log, telemetry } from '@toolyard/core/middleware';
import { artifacts, redactor, type DecidedCommand } from '@toolyard/core/process';
import { sqliteAuditSink, sqliteStore } from '@toolyard/core/stores';

import { createCalculator } from './calculate/calculator.ts';
import { createCommands, PER_OWNER } from './commands/commands.ts';
import { createNotes } from './context/notes.ts';
import { diagnosePrompt } from './diagnose-prompt.ts';
import { fileResource } from './file-resource.ts';
import { openCommandLog } from './monitoring/command-log.ts';
import { createCommandMetrics } from './monitoring/command-metrics.ts';
import {
  calculationsHealth,
  commandsHealth,
  dataHealth,
  filesHealth,
  notesHealth,
  outputHealth,
} from './monitoring/health-parts.ts';
import { healthTool } from './monitoring/health-tool.ts';
import { createHealth } from './monitoring/health.ts';
import { loadPolicy } from './policy.ts';
import type { TerminalConfig } from './terminal-config.ts';
import { openTerminals } from './terminals/open-terminals.ts';
import { calculateTool } from './tools/calculate.ts';
import { commandTools } from './tools/commands/command-tools.ts';
import { contextTools } from './tools/context.ts';
import { fileTools } from './tools/files.ts';
import { runShellTool, SHELL_POLICY } from './tools/run-shell.ts';
import { systemInfoTool } from './tools/system-info.ts';
import { terminalTools } from './tools/terminals.ts';
import { createUserTools, type UserTools } from './user-tools/user-tools.ts';
import { openWorkspaces } from './workspaces.ts';

export const NAME = 'terminal-runner';
export const VERSION = '0.1.0';

/** The newest are kept: some hundred megabytes. */
const MAX_AUDIT_RECORDS = 500_000;

const READ_OUTPUT = 'read_output';

const INSTRUCTIONS = [
  'Programs, files, calculations and notes on one machine, under a policy.',
  'Paths are relative to the first workspace; "name:path" is in another one. Nothing outside of them can be reached.',
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
  const trail = audit({
    sink: sqliteAuditSink({ path: join(data, 'audit.sqlite'), maxRecords: MAX_AUDIT_RECORDS }),
  });
  const app = createApp({
    name: NAME,
    version: VERSION,
    title: 'Terminal runner',
    instructions: INSTRUCTIONS,
    logger,
  }).use(telemetry(), trail, log());
  app.onClose(() => trail.close());

  try {
    const roots = await openWorkspaces(config);
    app.onClose(() => roots.close());
    const commandLog = await openCommandLog({
      file: join(data, 'commands.jsonl'),
      logger,
      redactor: redactor(),
    });
    app.onClose(() => commandLog.close());
    const metrics = createCommandMetrics();
    app.onClose(() => metrics[Symbol.dispose]());

    const onDecision = (decided: DecidedCommand): void => {
      commandLog.decided(decided);
      metrics.decided(decided);
    };
    const policy = loadPolicy(config);
    const commands = await createCommands({
      roots,
      policy,
      variables: policy.document.environment,
      sandbox: config.sandbox,
      data,
      logger,
      onDecision,
    });
    app.onClose(() => commands.close());
    commandLog.watch(commands.supervisor);
    metrics.watch(commands.supervisor);
    metrics.watchArtifacts(commands.artifacts);

    const store = sqliteStore({ path: join(data, 'notes.sqlite') });
    app.onClose(async () => store.close?.());
    const calculator = createCalculator();
    app.onClose(() => calculator.close());
    const notes = createNotes(store);
    const health = createHealth({
      logger,
      parts: [
        commandsHealth(commands, { maxPerOwner: PER_OWNER.processes }),
        filesHealth(roots),
        dataHealth(data),
        calculationsHealth(calculator),
        notesHealth(notes),
        outputHealth(commands.artifacts, {
          maxArtifacts: PER_OWNER.artifacts,
          maxBytes: PER_OWNER.artifactBytes,
        }),
      ],
    });

    const tools = [
      ...commandTools(commands, { onDecision }),
      ...fileTools(roots),
      systemInfoTool(roots.roots[0]!.path, { supervisor: commands.supervisor }),
      healthTool(health),
      calculateTool(calculator),
      ...contextTools(notes),
    ];
    if (config.shell !== 'off') {
      const runner = commands.runnerUnder(SHELL_POLICY);
      tools.push(runShellTool({ commands, runner, shell: config.shell }));
    }
    if (config.terminals) {
      const terminals = await openTerminals({ logger });
      app.onClose(() => terminals.close());
      commandLog.watchTerminals(terminals);
      tools.push(...terminalTools({ terminals, commands, onDecision }));
    }
    app
      .use('tools/call', limitResult({ store: commands.artifacts }))
      .install(artifacts, { store: commands.artifacts, tool: READ_OUTPUT })
      .add(...tools, fileResource(roots), diagnosePrompt);

    let userTools: UserTools | undefined;
    if (config.tools !== undefined) {
      const names = new Set([READ_OUTPUT, ...tools.map(({ name }) => name)]);
      userTools = await createUserTools({
        app,
        commands,
        path: config.tools,
        logger,
        reserved: () => names,
      });
    }
    return { app, isReady: health.isReady, reloadTools: async () => userTools?.reload() };
  } catch (error) {
    await app.close();
    throw error;
  }
}
