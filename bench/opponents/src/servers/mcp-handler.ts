import { createMcpHandler } from 'mcp-handler';
import { runServer } from '../../../src/harness/run-server.ts';
import { echoInput, echoResult } from './echo.ts';
import { listenFetch } from './listen-fetch.ts';

const handler = createMcpHandler(
  (server) => server.registerTool('echo', { description: 'Repeats.', inputSchema: echoInput }, echoResult),
  { serverInfo: { name: 'bench', version: '1.0.0' }, telemetry: false },
);

await runServer(() => listenFetch(handler));
