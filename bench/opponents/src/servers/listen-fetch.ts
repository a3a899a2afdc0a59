import type { RequestListener } from 'node:http';
import { FastResponse, toNodeHandler } from 'srvx/node';
import { listen } from '../../../src/servers/listen.ts';

/**
 * Serves the fetch handler of an opponent that brings no HTTP server of its own.
 *
 * On srvx with its light `Response` in place of the global one: of the adapters that their documentation names, the
 * cheapest or as cheap as any for each of them.
 */
export function listenFetch(fetch: (request: Request) => Promise<Response>): Promise<string> {
  // Object.assign: its type lacks the static methods, which nobody here calls.
  Object.assign(globalThis, { Response: FastResponse });
  // Its type asks for a request that is of HTTP/1 and HTTP/2 at once.
  return listen(toNodeHandler(fetch) as RequestListener);
}
