import { SeverityNumber, type LoggerProvider } from '@opentelemetry/api';

/** Lines of this component are not sent by OTLP: a failed export that logs itself would never end. */
export const TELEMETRY_COMPONENT = 'telemetry';

const SEVERITIES: Readonly<Record<string, SeverityNumber>> = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
};

/**
 * Sends the lines of `createLogger` as OpenTelemetry log records too. A line takes the trace of the span that is active
 * where it is written.
 *
 * @returns a function for the logger's `onLine`.
 */
export function createLogBridge(provider: LoggerProvider, name: string): (line: string) => void {
  const logger = provider.getLogger(name);
  return (line) => {
    // Saves the parsing while nothing is exported.
    if (!logger.enabled()) return;
    const fields = parseLine(line);
    if (!fields || fields['component'] === TELEMETRY_COMPONENT) return;
    const { level, time, msg, ...attributes } = fields;
    const severityText = typeof level === 'string' ? level : 'info';
    logger.emit({
      severityText,
      severityNumber: SEVERITIES[severityText] ?? SeverityNumber.INFO,
      body: typeof msg === 'string' ? msg : '',
      attributes,
      ...(typeof time === 'string' && { timestamp: new Date(time) }),
    });
  };
}

function parseLine(line: string): Record<string, unknown> | undefined {
  try {
    // Written by pino, so it is JSON; what is not an object was not.
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
