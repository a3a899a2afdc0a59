import type { NoContext } from '../call.ts';
import type { App } from './app.ts';

/** Installs tools, middleware, listeners or protocol extensions on an app as one unit. */
export interface Plugin<Options = void, Adds extends object = NoContext, Needs extends object = NoContext> {
  readonly name: string;
  /** Names of plugins that have to be installed before. */
  readonly requires?: readonly string[] | undefined;
  readonly install: (app: App<Needs, any>, options: Options) => void;
  /** Carries the type of the context its middleware adds; never there at run time. */
  readonly '~adds'?: Adds;
  /** Carries the type of the context it expects; never there at run time. */
  readonly '~needs'?: (context: Needs) => void;
}

/**
 * Declares a plugin.
 *
 * @example
 * ```ts
 * import { createApp, definePlugin } from '@toolyard/core';
 *
 * const auditLog = definePlugin({
 *   name: 'audit-log',
 *   install(app, { write }: { write: (line: string) => void }) {
 *     app.on('toolCalled', ({ call }) => write(`${call.principal.id} called ${call.tool?.name}`));
 *   },
 * });
 *
 * createApp({ name: 'demo', version: '1.0.0' }).install(auditLog, { write: (line) => process.stderr.write(line) });
 * ```
 */
export function definePlugin<
  Options = void,
  Adds extends object = NoContext,
  Needs extends object = NoContext,
>(plugin: Plugin<Options, Adds, Needs>): Plugin<Options, Adds, Needs> {
  return Object.freeze({ ...plugin });
}
