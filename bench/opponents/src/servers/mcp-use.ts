import { MCPServer } from 'mcp-use';
import { runServer } from '../../../src/harness/run-server.ts';
import { echoInput, echoResult } from './echo.ts';

// It reports its use to its makers unless told not to.
process.env['MCP_USE_ANONYMIZED_TELEMETRY'] = 'false';

const server = new MCPServer({
  name: 'bench',
  version: '1.0.0',
  skills: false,
  // On by default: one line per request on stdout.
  logging: { enabled: false },
});
server.tool({ name: 'echo', description: 'Repeats.', inputSchema: echoInput }, async (args) =>
  echoResult(args),
);

await runServer(async () => (await server.listen(0)).url);
