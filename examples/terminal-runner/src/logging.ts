import { pino, stdTimeFunctions, type Logger } from 'pino';
import { REDACTED } from './config/print-config.ts';

/** What `createLogger` needs. */
export interface LoggingOptions {
  readonly name: string;
  readonly level: string;
  /** Values that never appear in a line, wherever they would stand: API keys, header values. */
  readonly secrets?: readonly string[];
  /** Gets every finished line besides. */
  readonly onLine?: (line: string) => void;
  /** Default: stderr, because stdout belongs to the protocol. */
  readonly destination?: { write(line: string): unknown };
}

// Names whose value is a secret wherever they stand: at the top of a line or one level below.
const SECRET_NAMES = ['apiKey', 'authorization', 'cookie', 'password', 'secret', 'token'];

/**
 * A pino logger that writes JSON lines with the level as a word and the time in ISO 8601. Secrets are removed by name
 * and by value before a line is written.
 */
export function createLogger({
  name,
  level,
  secrets = [],
  onLine,
  destination = process.stderr,
}: LoggingOptions): Logger {
  const hidden = secretForms(secrets);
  return pino(
    {
      name,
      level,
      base: {},
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRET_NAMES.flatMap((secret) => [secret, `*.${secret}`, `*.headers.${secret}`]),
        censor: REDACTED,
      },
    },
    {
      write(line: string) {
        let safe = line;
        for (const secret of hidden) safe = safe.replaceAll(secret, REDACTED);
        destination.write(safe);
        onLine?.(safe);
      },
    },
  );
}

// As it is and as JSON writes it, longest first: one secret may be the start of another.
function secretForms(secrets: readonly string[]): string[] {
  const forms = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  return [...new Set(forms)].filter((form) => form.length >= 4).toSorted((a, b) => b.length - a.length);
}
