import { ProtocolError, Server } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { toolNames } from './tool-names.ts';

const input = z.object({ text: z.string() });
const inputSchema = {
  type: 'object' as const,
  properties: { text: { type: 'string' } },
  required: ['text'],
};

/** The cheapest server the official SDK allows: its low-level class and two handlers. Lists that many tools; `echo` can be called. */
export function lowLevelServer(tools: number): () => Server {
  const listed = toolNames(tools).map((name) => ({ name, inputSchema }));
  return () => {
    const server = new Server({ name: 'bench', version: '1.0.0' }, { capabilities: { tools: {} } });
    server.setRequestHandler('tools/list', () => ({ tools: listed }));
    server.setRequestHandler('tools/call', ({ params }) => {
      if (params.name !== 'echo') throw new ProtocolError(-32602, 'Unknown tool');
      const { text } = input.parse(params.arguments);
      return { content: [{ type: 'text', text: JSON.stringify({ text }) }], structuredContent: { text } };
    });
    return server;
  };
}
