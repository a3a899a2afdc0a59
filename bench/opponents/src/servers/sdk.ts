import { randomUUID } from 'node:crypto';
import {
  createMcpHandler,
  isLegacyRequest,
  ProtocolError,
  Server,
  WebStandardStreamableHTTPServerTransport as SessionTransport,
} from '@modelcontextprotocol/server';
import { runServer } from '../../../src/harness/run-server.ts';
import { echoInput, echoResult } from './echo.ts';
import { listenFetch } from './listen-fetch.ts';

// The cheapest server the official SDK allows: its low-level class, a body parsed once, sessions that answer with JSON
// instead of its default SSE, and an adapter that costs less than the SDK's own.

const echo = {
  name: 'echo',
  description: 'Repeats.',
  inputSchema: { type: 'object' as const, properties: { text: { type: 'string' } }, required: ['text'] },
};

function build(): Server {
  const server = new Server({ name: 'bench', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', () => ({ tools: [echo] }));
  server.setRequestHandler('tools/call', ({ params }) => {
    if (params.name !== echo.name) throw new ProtocolError(-32602, 'Unknown tool');
    return echoResult(echoInput.parse(params.arguments));
  });
  return server;
}

const modern = createMcpHandler(build, { legacy: 'reject' });
const sessions = new Map<string, SessionTransport>();

async function inSession(request: Request, parsedBody: unknown): Promise<Response> {
  const id = request.headers.get('mcp-session-id');
  if (id !== null) {
    return sessions.get(id)?.handleRequest(request, { parsedBody }) ?? new Response(null, { status: 404 });
  }
  const transport = new SessionTransport({
    enableJsonResponse: true,
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (session) => void sessions.set(session, transport),
    onsessionclosed: (session) => void sessions.delete(session),
  });
  await build().connect(transport);
  return transport.handleRequest(request, { parsedBody });
}

await runServer(() =>
  listenFetch(async (request) => {
    const parsedBody: unknown = request.method === 'POST' ? await request.json() : undefined;
    if (await isLegacyRequest(request, parsedBody)) return inSession(request, parsedBody);
    return modern.fetch(request, { parsedBody });
  }),
);
