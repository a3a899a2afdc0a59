import { createApp, defineTool } from '@toolyard/core';
import { serveHttp } from '@toolyard/transport-http';
import { z } from 'zod';
import { runServer } from '../harness/run-server.ts';
import { toolNames } from './tool-names.ts';

await runServer(async ({ tools, sessionIdleMs }) => {
  const app = createApp({ name: 'bench', version: '1.0.0' });
  for (const name of toolNames(tools)) {
    app.add(defineTool({ name, input: z.object({ text: z.string() }), run: ({ text }) => ({ text }) }));
  }
  const sessions = sessionIdleMs === undefined ? {} : { idleMs: sessionIdleMs };
  const server = await serveHttp(app, { port: 0, sessions: { maxSessions: 50_000, ...sessions } });
  return server.url;
});
