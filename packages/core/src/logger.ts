/** A structured logger of pino's shape: fields first, then the sentence. Any pino instance fits. */
export interface Logger {
  debug(fields: LogFields, message?: string): void;
  info(fields: LogFields, message?: string): void;
  warn(fields: LogFields, message?: string): void;
  error(fields: LogFields, message?: string): void;
  /** A logger that adds `fields` to each of its lines. */
  child?(fields: LogFields): Logger;
}

/** What a line says besides its sentence. */
export type LogFields = Record<string, unknown>;

/** Swallows everything; what an app without a `logger` uses. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};

/** Adds `fields` to every line, also for loggers without `child`. */
export function withFields(logger: Logger, fields: LogFields): Logger {
  if (logger === silentLogger) return logger;
  if (logger.child) return logger.child(fields);
  return {
    debug: (more, message) => logger.debug({ ...fields, ...more }, message),
    info: (more, message) => logger.info({ ...fields, ...more }, message),
    warn: (more, message) => logger.warn({ ...fields, ...more }, message),
    error: (more, message) => logger.error({ ...fields, ...more }, message),
  };
}
