import type { Mountable } from '../app/app.ts';
import type { AppCore } from '../app/core.ts';

const CORE = Symbol.for('toolyard.core');

/** The inside of an app. */
export function coreOf(app: Mountable<any>): AppCore {
  // Every app has it under this symbol, those of other copies of the package too.
  return (app as unknown as Record<symbol, AppCore>)[CORE]!;
}
