import { join } from 'node:path';
import type { App, Logger } from '@toolyard/core';
import { redactor, type DecidedCommand, type SafeRoots } from '@toolyard/core/process';
import { sqliteStore } from '@toolyard/core/stores';
import { createCalculator, type Calculator } from './calculate/calculator.ts';
import { createCommands, PER_OWNER, type Commands } from './commands/commands.ts';
import { createNotes, type Notes } from './context/notes.ts';
import { openCommandLog, type CommandLog } from './monitoring/command-log.ts';
import { createCommandMetrics } from './monitoring/command-metrics.ts';
import {
  calculationsHealth,
  commandsHealth,
  dataHealth,
  filesHealth,
  notesHealth,
  outputHealth,
} from './monitoring/health-parts.ts';
import { createHealth, type Health } from './monitoring/health.ts';
import { loadPolicy } from './policy.ts';
import type { TerminalConfig } from './terminal-config.ts';
import { openWorkspaces } from './workspaces.ts';

/** What the tools work with. */
export interface Parts {
  readonly roots: SafeRoots;
  readonly commands: Commands;
  readonly commandLog: CommandLog;
  readonly calculator: Calculator;
  readonly notes: Notes;
  readonly health: Health;
  /** Logs and counts what was decided about a command, or about what is typed. */
  readonly onDecision: (decided: DecidedCommand) => void;
}

interface Surroundings {
  /** The server's own directory, absolute and real. */
  readonly data: string;
  readonly logger: Logger;
}

/** Opens the parts. The app closes them, in reverse order, also those that were opened before one could not be. */
export async function openParts(
  app: App,
  config: TerminalConfig,
  { data, logger }: Surroundings,
): Promise<Parts> {
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
  const variables = policy.document.environment;
  const { sandbox } = config;
  const commands = await createCommands({ roots, policy, variables, sandbox, data, logger, onDecision });
  app.onClose(() => commands.close());
  commandLog.watch(commands.supervisor);
  metrics.watch(commands.supervisor);
  metrics.watchArtifacts(commands.artifacts);

  const store = sqliteStore({ path: join(data, 'notes.sqlite') });
  app.onClose(async () => store.close?.());
  const notes = createNotes(store);
  const calculator = createCalculator();
  app.onClose(() => calculator.close());
  const { processes, artifacts: maxArtifacts, artifactBytes: maxBytes } = PER_OWNER;
  const health = createHealth({
    logger,
    parts: [
      commandsHealth(commands, { maxPerOwner: processes }),
      filesHealth(roots),
      dataHealth(data),
      calculationsHealth(calculator),
      notesHealth(notes),
      outputHealth(commands.artifacts, { maxArtifacts, maxBytes }),
    ],
  });
  return { roots, commands, commandLog, calculator, notes, health, onDecision };
}
