import { isDeepStrictEqual } from 'node:util';

import type { LoadedConfig } from './config/load-config.ts';
import { LIVE_SETTINGS, type Observability } from './observability.ts';
import type { TerminalConfig } from './terminal-config.ts';

/**
 * Makes the function that reads the configuration again, for what can change while the server runs. It never rejects:
 * a configuration that is wrong is logged, and everything stays as it was.
 *
 * @param started - the configuration the server runs with.
 */
export function createReload(
  load: () => LoadedConfig<TerminalConfig>,
  started: TerminalConfig,
  { logger, reconfigure }: Observability,
): () => Promise<void> {
  let current = started;
  return async function reload() {
    try {
      const loaded = load();
      if (loaded.action !== 'start') return;
      const changed = changedKeys(current, loaded.config);
      const settings = changed.filter((key) => LIVE_SETTINGS.includes(key));
      const fixed = changed.filter((key) => !LIVE_SETTINGS.includes(key));
      if (fixed.length > 0) logger.warn({ settings: fixed }, 'These settings need a restart to change.');
      current = loaded.config;
      const delivered = await reconfigure(loaded.config);
      logger.info({ settings, delivered }, 'The configuration was read again.');
    } catch (err) {
      logger.error({ err }, 'The configuration was not read again; everything stays as it was.');
    }
  };
}

function changedKeys<Config extends object>(before: Config, after: Config): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => !isDeepStrictEqual(Reflect.get(before, key), Reflect.get(after, key)));
}
