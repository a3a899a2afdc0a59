import { randomUUID } from 'node:crypto';

import type { Logger } from 'pino';

import type { CommonConfig } from './config/common-settings.ts';
import { createLogger } from './logging.ts';
import { createSecrets } from './secrets.ts';
import { createLogBridge, TELEMETRY_COMPONENT } from './telemetry/log-bridge.ts';
import { createTelemetry, type Telemetry } from './telemetry/telemetry.ts';

/** The settings that `reconfigure` takes on. */
export const LIVE_SETTINGS: readonly string[] = [
  'logLevel',
  'otlpEndpoint',
  'otlpHeaders',
  'resourceAttributes',
];

type ObservabilityConfig = Pick<
  CommonConfig,
  'apiKey' | 'logLevel' | 'otlpEndpoint' | 'otlpHeaders' | 'resourceAttributes'
>;

/** What the process says about itself. Its two parts need each other: log lines are exported, failed exports are logged. */
export interface Observability {
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** Changes log level and target. Resolves to whether the old target has taken or refused everything by then. */
  reconfigure(this: void, config: ObservabilityConfig): Promise<boolean>;
}

/** Starts logging and telemetry, and makes the telemetry that of the whole process. */
export function createObservability(
  service: { readonly name: string; readonly version: string },
  config: ObservabilityConfig,
): Observability {
  // The configuration has these headers already. The exporters would add them to others, meant for another endpoint.
  delete process.env['OTEL_EXPORTER_OTLP_HEADERS'];
  // A log that nobody reads any more, behind a closed terminal or a broken pipe, is no reason to die.
  process.stderr.on('error', () => {});
  const secrets = createSecrets(secretsOf(config));
  const telemetry = createTelemetry({
    serviceName: service.name,
    serviceVersion: service.version,
    instanceId: randomUUID(),
    endpoint: config.otlpEndpoint,
    headers: config.otlpHeaders,
    resourceAttributes: config.resourceAttributes,
    onError: (signal, err) =>
      logger.warn({ err, signal, component: TELEMETRY_COMPONENT }, 'Telemetry was not sent.'),
  });
  const logger = createLogger({
    name: service.name,
    level: config.logLevel,
    redact: secrets.redact,
    onLine: createLogBridge(telemetry.loggerProvider, service.name),
  });
  telemetry.register();
  return {
    logger,
    telemetry,
    reconfigure(changed) {
      secrets.add(secretsOf(changed));
      logger.level = changed.logLevel;
      return telemetry.reconfigure({
        endpoint: changed.otlpEndpoint ?? null,
        headers: changed.otlpHeaders,
        resourceAttributes: changed.resourceAttributes,
      });
    },
  };
}

function secretsOf({ apiKey, otlpHeaders }: ObservabilityConfig): string[] {
  return [...apiKey, ...Object.values(otlpHeaders)];
}
