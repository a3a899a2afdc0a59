import { createApp, type App, type AppOptions, type LogFields, type Logger } from '../src/index.ts';
import { MetaKey } from '../src/protocol.ts';

/** One line a {@link recordingLogger} was given. */
export interface LogLine {
  readonly level: keyof Omit<Logger, 'child'>;
  readonly fields: LogFields;
  readonly message: string | undefined;
}

/** A logger that keeps its lines, those of its children included. */
export function recordingLogger(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (bound: LogFields): Logger => {
    const write = (level: LogLine['level']) => (fields: LogFields, message?: string) => {
      lines.push({ level, fields: { ...bound, ...fields }, message });
    };
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      child: (fields) => at({ ...bound, ...fields }),
    };
  };
  return { ...at({}), lines };
}

/** An app with a name nobody reads. */
export function testApp(options: Partial<AppOptions> = {}): App {
  return createApp({ name: 'test', version: '1.0.0', ...options });
}

/** The `_meta` of a 2026 request. */
export const envelope = {
  [MetaKey.protocolVersion]: '2026-07-28',
  [MetaKey.clientCapabilities]: {},
  [MetaKey.clientInfo]: { name: 'test-client', version: '0.0.0' },
};

/** Lets everything that is ready run: promises, microtasks, messages. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A promise that never settles. */
export const never = new Promise<never>(() => {});

/** Both eras, for `test.each`. */
export const eras = ['legacy', 'modern'] as const;
