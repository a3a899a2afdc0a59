import { McpServer, StreamableHttpTransport } from 'mcp-lite';
import { z } from 'zod';
import { runServer } from '../../../src/harness/run-server.ts';
import { echoInput, echoResult } from './echo.ts';
import { listenFetch } from './listen-fetch.ts';

const server = new McpServer({
  name: 'bench',
  version: '1.0.0',
  schemaAdapter: (schema) => z.toJSONSchema(schema as z.ZodType),
});
server.tool('echo', { description: 'Repeats.', inputSchema: echoInput, handler: echoResult });

await runServer(() => listenFetch(new StreamableHttpTransport().bind(server)));
