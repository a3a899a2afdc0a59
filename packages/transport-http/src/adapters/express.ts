import type { IncomingMessage, ServerResponse } from 'node:http';

import type { App } from '@toolyard/core';

import type { HttpOptions } from '../endpoint/options.ts';
import { createHttpHandler, type HttpHandler } from '../handler.ts';

/** An Express (or Connect) request handler that can be closed. */
export interface ExpressHandler extends Pick<HttpHandler, 'close' | 'sessionCount'> {
  (request: IncomingMessage, response: ServerResponse): void;
}

/**
 * An app as an Express 4 or 5 handler. Works in front of and behind `express.json()`; its route is Express's matter,
 * and so is authentication if you like: `auth` finds Express's request in `request.original`.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { createApp } from '@toolyard/core';
 * import { expressHandler } from '@toolyard/transport-http/express';
 *
 * const mcp = expressHandler(createApp({ name: 'demo', version: '1.0.0' }));
 * express().all('/mcp', mcp).listen(3000, '127.0.0.1');
 * ```
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 */
export function expressHandler(app: App<any, any>, options: Omit<HttpOptions, 'path'> = {}): ExpressHandler {
  const handler = createHttpHandler(app, { ...options, path: '*' });
  const handle = (request: IncomingMessage, response: ServerResponse) => void handler.node(request, response);
  return Object.defineProperties(handle, {
    close: { value: handler.close },
    sessionCount: { get: () => handler.sessionCount },
  }) as ExpressHandler;
}
