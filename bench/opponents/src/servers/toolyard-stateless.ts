import { serveHttp } from '@toolyard/transport-http';
import { runServer } from '../../../src/harness/run-server.ts';
import { echoApp } from '../../../src/servers/toolyard-app.ts';

await runServer(async ({ tools }) => {
  const server = await serveHttp(echoApp(tools), { port: 0, legacy: 'stateless' });
  return server.url;
});
