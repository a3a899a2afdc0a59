import { randomUUID } from 'node:crypto';

import { anonymous, type App } from '@toolyard/core';
import { serveStdio } from '@toolyard/core/stdio';
import { serveHttp } from '@toolyard/transport-http';
import { apiKeys, hashApiKey } from '@toolyard/transport-http/auth';

import { configOrExit, loadConfig } from './config/load-config.ts';
import { endWithNpm } from './end-with-npm.ts';
import { createLogger } from './logging.ts';
import { createTerminal, NAME, VERSION } from './server.ts';
import { createLogBridge, TELEMETRY_COMPONENT } from './telemetry/log-bridge.ts';
import { createTelemetry, type Telemetry } from './telemetry/telemetry.ts';
import { terminalProgram, type TerminalConfig } from './terminal-config.ts';

/** How long a running call may take after SIGTERM. */
const DEADLINE_MS = 10_000;

const config = configOrExit(terminalProgram);
const secrets = [...config.apiKey, ...Object.values(config.otlpHeaders)];

const telemetry = createTelemetry({
  serviceName: NAME,
  serviceVersion: VERSION,
  instanceId: randomUUID(),
  endpoint: config.otlpEndpoint,
  headers: config.otlpHeaders,
  resourceAttributes: config.resourceAttributes,
  onError: (signal, err) => logger.warn({ err, signal, component: TELEMETRY_COMPONENT }, 'Telemetry was not sent.'),
});
const logger = createLogger({
  name: NAME,
  level: config.logLevel,
  secrets,
  onLine: createLogBridge(telemetry.loggerProvider, NAME),
});
telemetry.register();

const app = await createTerminal(config, logger);
const serving = config.stdio ? serveStdio(app, { deadlineMs: DEADLINE_MS }) : await serve(app, config, telemetry);

let closing: Promise<void> | undefined;
const close = () => (closing ??= shutDown());
process.once('SIGTERM', close).once('SIGINT', close);
process.on('SIGHUP', reloadTelemetry);
endWithNpm(close);
if ('closed' in serving) void serving.closed.then(close);
else process.stderr.write(`${NAME} listens on ${serving.url}\n`);

async function serve(terminal: App, { port, host, publicUrl, apiKey }: TerminalConfig, { prometheusText }: Telemetry) {
  const keys = await Promise.all(
    apiKey.map(async (key, index) => ({ digest: await hashApiKey(key), principal: { id: `key-${index + 1}`, scopes: '*' as const } })),
  );
  return serveHttp(terminal, {
    port,
    host,
    ...(publicUrl !== undefined && { publicUrl }),
    auth: keys.length > 0 ? apiKeys(keys) : () => anonymous,
    routes: { '/metrics': async () => ({ body: await prometheusText() }) },
  });
}

/** Reads the configuration again and sends telemetry where it now says. Everything else needs a restart. */
function reloadTelemetry(): void {
  try {
    const loaded = loadConfig(terminalProgram, { args: process.argv.slice(2), env: process.env, cwd: process.cwd() });
    if (loaded.action !== 'start') return;
    const { otlpEndpoint, otlpHeaders, resourceAttributes } = loaded.config;
    const change = { endpoint: otlpEndpoint ?? null, headers: otlpHeaders, resourceAttributes };
    void telemetry.reconfigure(change).then(() => logger.info({ otlpEndpoint }, 'Telemetry was reconfigured.'));
  } catch (err) {
    logger.error({ err }, 'The configuration was not reloaded.');
  }
}

async function shutDown(): Promise<void> {
  await serving.close({ deadlineMs: DEADLINE_MS });
  await app.close({ deadlineMs: 1000 });
  await telemetry.shutdown();
  process.exit(0);
}
