import { pino, stdTimeFunctions, type Logger } from 'pino';
import { REDACTED } from './config/print-config.ts';

/** What `createLogger` needs. */
export interface LoggingOptions {
  readonly name: string;
  readonly level: string;
  /** Takes out of a finished line what must not appear in it. */
  readonly redact?: (line: string) => string;
  /** Gets every finished line besides. */
  readonly onLine?: (line: string) => void;
  /** Default: stderr, because stdout belongs to the protocol. */
  readonly destination?: { write(line: string): unknown };
}

// Names whose value is a secret wherever they stand: at the top of a line or one level below.
const SECRET_NAMES = ['apiKey', 'authorization', 'cookie', 'password', 'secret', 'token'];

/**
 * A pino logger that writes JSON lines with the level as a word and the time in ISO 8601. Fields that are named like
 * secrets are removed, and so is what `redact` knows.
 */
export function createLogger({
  name,
  level,
  redact = (line) => line,
  onLine,
  destination = process.stderr,
}: LoggingOptions): Logger {
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
        const safe = redact(line);
        destination.write(safe);
        onLine?.(safe);
      },
    },
  );
}
