import { serve } from '@hono/node-server';
import type { Hono } from 'hono';

/** Serves a Hono app through `@hono/node-server` on a free port and resolves to the URL of `/mcp` there. */
export function listenWithHono({ fetch }: Hono): Promise<string> {
  return new Promise((resolve) => {
    serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(`http://127.0.0.1:${port}/mcp`));
  });
}
