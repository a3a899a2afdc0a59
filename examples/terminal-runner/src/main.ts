import { configOrExit, loadConfig, readProcessInput } from './config/load-config.ts';
import { endOnSignals, endWithNpm, onReload } from './lifecycle.ts';
import { createObservability } from './observability.ts';
import { createReload } from './reload.ts';
import { serve, type Serving } from './serve.ts';
import { createTerminal, NAME, VERSION } from './server.ts';
import { describeStartFailure } from './start-failure.ts';
import { terminalProgram } from './terminal-config.ts';

/** The longest way from SIGTERM to the end. Each step has a limit of its own; together they stay below. */
const END_LIMIT_MS = 10_000;

const input = readProcessInput();
const config = configOrExit(terminalProgram, input);
const observability = createObservability({ name: NAME, version: VERSION }, config);
const { logger, telemetry } = observability;

// Before the start, so that a signal which comes during it ends the server well, too.
const starting = start();
let ending: Promise<void> | undefined;
const end = () => void (ending ??= close());
endOnSignals(end);
endWithNpm(end);
onReload({ reload: createReload(() => loadConfig(terminalProgram, input), config, observability), end });

try {
  const { url, closed } = await starting;
  if (url !== undefined) process.stderr.write(`${NAME} listens on ${url}\n`);
  void closed?.then(end);
} catch (error) {
  process.stderr.write(`${NAME} does not start: ${describeStartFailure(error, config)}\n`);
  await telemetry.shutdown({ deadlineMs: 1_000 });
  process.exit(1);
}

async function start(): Promise<Serving> {
  const app = await createTerminal(config, logger);
  try {
    return await serve(app, config, telemetry);
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function close(): Promise<void> {
  setTimeout(() => process.exit(1), END_LIMIT_MS).unref();
  try {
    const serving = await starting;
    await serving.close();
    await telemetry.shutdown({ deadlineMs: 2_000 });
    process.exit(0);
  } catch {
    // The start failed, and says so itself.
  }
}
