import type { App } from '@toolyard/core';

import type { HttpOptions } from '../endpoint/options.ts';
import { createHttpHandler, type HttpHandler } from '../handler.ts';

/** A Hono handler that can be closed. */
export interface HonoHandler extends Pick<HttpHandler, 'close' | 'sessionCount'> {
  (context: { readonly req: { readonly raw: Request } }): Promise<Response>;
}

/**
 * An app as a Hono 4 handler; its route is Hono's matter. `auth` finds the web-standard request in `request.original`.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono';
 * import { createApp } from '@toolyard/core';
 * import { honoHandler } from '@toolyard/transport-http/hono';
 *
 * const server = new Hono().all('/mcp', honoHandler(createApp({ name: 'demo', version: '1.0.0' })));
 * export default server;
 * ```
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 */
export function honoHandler(app: App<any, any>, options: Omit<HttpOptions, 'path'> = {}): HonoHandler {
  const handler = createHttpHandler(app, { ...options, path: '*' });
  const handle = ({ req }: { readonly req: { readonly raw: Request } }) => handler.fetch(req.raw);
  return Object.defineProperties(handle, {
    close: { value: handler.close },
    sessionCount: { get: () => handler.sessionCount },
  }) as HonoHandler;
}
