import type { IncomingMessage, ServerResponse } from 'node:http';

import type { App } from '@toolyard/core';

import type { HttpOptions } from '../endpoint/options.ts';
import { createHttpHandler } from '../handler.ts';

/** Options of {@link fastifyMcp}. */
export interface FastifyMcpOptions extends HttpOptions {
  readonly app: App<any, any>;
}

/** The part of a Fastify instance that is used. */
export interface FastifyLike {
  removeAllContentTypeParsers(): unknown;
  // Loose, because Fastify overloads it in a way that no structural type can follow.
  addContentTypeParser: (...args: any[]) => unknown;
  route(options: {
    method: string[];
    url: string;
    handler(request: { raw: IncomingMessage }, reply: { raw: ServerResponse; hijack(): unknown }): void;
  }): unknown;
  addHook(name: 'preClose', hook: () => Promise<void>): unknown;
}

/**
 * A Fastify 5 plugin that serves an app at `path` (default `/mcp`, after the plugin's prefix). Closing Fastify drains
 * it. `auth` finds Node's request in `request.original`.
 *
 * @example
 * ```ts
 * import fastify from 'fastify';
 * import { createApp } from '@toolyard/core';
 * import { fastifyMcp } from '@toolyard/transport-http/fastify';
 *
 * const server = fastify();
 * await server.register(fastifyMcp, { app: createApp({ name: 'demo', version: '1.0.0' }) });
 * await server.listen({ port: 3000, host: '127.0.0.1' });
 * ```
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 */
export async function fastifyMcp(instance: FastifyLike, options: FastifyMcpOptions): Promise<void> {
  const { app, path = '/mcp', ...rest } = options;
  const handler = createHttpHandler(app, { ...rest, path: '*' });
  // The handler reads the body itself, with its own limit. The plugin's scope keeps this from other routes.
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('*', (_request: unknown, _payload: unknown, done: (error: null) => void) =>
    done(null),
  );
  instance.route({
    method: ['GET', 'POST', 'DELETE', 'OPTIONS'],
    url: path,
    handler(request, reply) {
      reply.hijack();
      void handler.node(request.raw, reply.raw);
    },
  });
  instance.addHook('preClose', () => handler.close());
}
