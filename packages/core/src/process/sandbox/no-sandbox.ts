import type { ProcessSandbox } from './sandbox.ts';

/**
 * Leaves commands as they are: programs do what the user of the server may do.
 *
 * @param reason - why there is none, for {@link ProcessSandbox.description}.
 */
export function noSandbox(reason = 'none was asked for'): ProcessSandbox {
  return {
    name: 'none',
    description: `no sandbox: ${reason}`,
    isBoundary: false,
    limits: [],
    wrap: (command) => command,
  };
}
