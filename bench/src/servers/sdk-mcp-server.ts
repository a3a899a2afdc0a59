import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { runServer } from '../harness/run-server.ts';
import { listenWithSdk } from './sdk-entry.ts';
import { toolNames } from './tool-names.ts';

// What the SDK's documentation teaches: an `McpServer` with its tools, built anew for each request (2026) or session (2025).

const inputSchema = z.object({ text: z.string() });

function build(names: readonly string[]): McpServer {
  const server = new McpServer({ name: 'bench', version: '1.0.0' });
  for (const name of names) {
    server.registerTool(name, { inputSchema }, ({ text }) => ({
      content: [{ type: 'text', text: JSON.stringify({ text }) }],
      structuredContent: { text },
    }));
  }
  return server;
}

await runServer(({ tools }) => {
  const names = toolNames(tools);
  return listenWithSdk(() => build(names));
});
