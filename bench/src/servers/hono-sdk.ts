import { Hono } from 'hono';
import { runServer } from '../harness/run-server.ts';
import { listenWithHono } from './listen-hono.ts';
import { sdkFetch } from './sdk-entry.ts';
import { lowLevelServer } from './sdk-low-level-server.ts';

// The SDK as cheap as we could make it: Hono's adapter instead of its own, a body parsed once for routing and serving,
// and JSON instead of an event stream in sessions.

await runServer(({ tools }) => {
  const fetch = sdkFetch(lowLevelServer(tools), { enableJsonResponse: true });
  const app = new Hono()
    .post('/mcp', async ({ req }) => fetch(req.raw, { parsedBody: await req.json() }))
    .all('/mcp', ({ req }) => fetch(req.raw));
  return listenWithHono(app);
});
