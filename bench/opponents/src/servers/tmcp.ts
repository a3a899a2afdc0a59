import { ZodJsonSchemaAdapter } from '@tmcp/adapter-zod';
import { HttpTransport } from '@tmcp/transport-http';
import { type CallToolResult, McpServer } from 'tmcp';
import { runServer } from '../../../src/harness/run-server.ts';
import { echoInput, echoResult } from './echo.ts';
import { listenFetch } from './listen-fetch.ts';

const server = new McpServer(
  { name: 'bench', version: '1.0.0', description: 'echo' },
  { adapter: new ZodJsonSchemaAdapter(), capabilities: { tools: {} } },
);
// Its types want an output schema beside structured content. It works without, and is spared one validation.
server.tool(
  { name: 'echo', description: 'Repeats.', schema: echoInput },
  (input) => echoResult(input) as object as CallToolResult<undefined>,
);

const transport = new HttpTransport(server, { path: '/mcp' });

await runServer(() =>
  listenFetch(async (request) => (await transport.respond(request)) ?? new Response(null, { status: 404 })),
);
