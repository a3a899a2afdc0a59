import { configOrExit, loadConfig, readProcessInput } from './config/load-config.ts';
import { endOnSignals, endWithNpm, reloadOnHangup } from './lifecycle.ts';
import { createObservability } from './observability.ts';
import { createReload } from './reload.ts';
import { serve, type Serving } from './serve.ts';
import { createTerminal, NAME, VERSION, type TerminalServer } from './server.ts';
import { describeStartFailure } from './start-failure.ts';
import { terminalProgram } from './terminal-config.ts';

/** The longest way to the end. Every step of it has a limit of its own, and together they stay below this one. */
const END_LIMIT_MS = 10_000;

const input = readProcessInput();
const config = configOrExit(terminalProgram, input);
const observability = createObservability({ name: NAME, version: VERSION }, config);
const { logger, telemetry } = observability;

let server: TerminalServer | undefined;
const starting = start();
let ending: Promise<void> | undefined;
const end = (reason: string) => void (ending ??= close(reason));

// Not after the start: a signal that comes during it has to end the server well, too.
endOnSignals(end);
endWithNpm(end);
const reload = createReload(() => loadConfig(terminalProgram, input), config, observability);
reloadOnHangup(async () => {
  await reload();
  await server?.reloadTools();
}, end);

try {
  const { url, closed } = await starting;
  if (url !== undefined) process.stderr.write(`${NAME} listens on ${url}\n`);
  void closed?.then(() => end('the client is gone'));
} catch (error) {
  process.stderr.write(`${NAME} does not start: ${describeStartFailure(error, config)}\n`);
  await telemetry.shutdown({ deadlineMs: 1_000 });
  process.exit(exitCodeOf(error));
}

async function start(): Promise<Serving> {
  server = await createTerminal(config, logger);
  try {
    return await serve(server, config, telemetry);
  } catch (error) {
    await server.app.close();
    throw error;
  }
}

async function close(reason: string): Promise<void> {
  logger.info({ reason }, 'The server ends.');
  setTimeout(() => process.exit(1), END_LIMIT_MS).unref();
  const serving = await starting.catch(() => undefined);
  if (!serving) return; // It did not start, which is reported above.
  await serving.close();
  await telemetry.shutdown({ deadlineMs: 2_000 });
  process.exit(0);
}

/** What is wrong with the configuration ends with 2, here as in `configOrExit`. */
function exitCodeOf(error: unknown): number {
  return error instanceof Error && 'exitCode' in error ? Number(error.exitCode) : 1;
}
