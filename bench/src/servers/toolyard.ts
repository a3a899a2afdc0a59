import { serveHttp } from '@toolyard/transport-http';
import { runServer } from '../harness/run-server.ts';
import { echoApp } from './toolyard-app.ts';

await runServer(async ({ tools, sessionIdleMs }) => {
  const sessions = sessionIdleMs === undefined ? {} : { idleMs: sessionIdleMs };
  const server = await serveHttp(echoApp(tools), { port: 0, sessions: { maxSessions: 50_000, ...sessions } });
  return server.url;
});
