import { ProtocolError, Server } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { runServer } from '../harness/run-server.ts';
import { listenWithSdk } from './sdk-entry.ts';

// The cheapest server the official SDK allows: its low-level class, two handlers, one tool.

const input = z.object({ text: z.string() });
const echo = {
  name: 'echo',
  inputSchema: { type: 'object' as const, properties: { text: { type: 'string' } }, required: ['text'] },
};

function build(): Server {
  const server = new Server({ name: 'bench', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', () => ({ tools: [echo] }));
  server.setRequestHandler('tools/call', ({ params }) => {
    if (params.name !== echo.name) throw new ProtocolError(-32602, 'Unknown tool');
    const { text } = input.parse(params.arguments);
    return { content: [{ type: 'text', text: JSON.stringify({ text }) }], structuredContent: { text } };
  });
  return server;
}

await runServer(() => listenWithSdk(build));
