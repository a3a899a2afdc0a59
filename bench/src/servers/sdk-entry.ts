import { randomUUID } from 'node:crypto';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  isLegacyRequest,
  type McpHandlerRequestOptions,
  type McpServer,
  type Server,
  WebStandardStreamableHTTPServerTransport as SessionTransport,
} from '@modelcontextprotocol/server';
import { listen } from './listen.ts';

/** {@link sdkFetch} on `node:http`. */
export function listenWithSdk(build: () => Server | McpServer): Promise<string> {
  const handle = toNodeHandler({ fetch: sdkFetch(build) });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the adapter's type does not allow for exactOptionalPropertyTypes
  return listen((req, res) => void handle(req as Parameters<typeof handle>[0], res));
}

/**
 * Both eras on one endpoint with what the SDK ships: 2026-07-28 per request, 2025 in sessions,
 * routed as the SDK's documentation shows. `build` makes the server of one request or one session.
 */
export function sdkFetch(
  build: () => Server | McpServer,
  sessionOptions: Pick<SessionOptions, 'enableJsonResponse'> = {},
): Handler {
  const modern = createMcpHandler(build, { legacy: 'reject' });
  const sessions = sessionHandler(build, sessionOptions);
  return async (request, options) =>
    (await isLegacyRequest(request, options?.parsedBody))
      ? sessions(request, options)
      : modern.fetch(request, options);
}

type Handler = (request: Request, options?: McpHandlerRequestOptions) => Promise<Response>;

type SessionOptions = NonNullable<ConstructorParameters<typeof SessionTransport>[0]>;

function sessionHandler(build: () => Server | McpServer, sessionOptions: SessionOptions): Handler {
  const transports = new Map<string, SessionTransport>();
  return async (request, options) => {
    const id = request.headers.get('mcp-session-id');
    if (id !== null) return transports.get(id)?.handleRequest(request, options) ?? notFound();
    const transport = new SessionTransport({
      ...sessionOptions,
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (session) => void transports.set(session, transport),
      onsessionclosed: (session) => void transports.delete(session),
    });
    await build().connect(transport);
    return transport.handleRequest(request, options);
  };
}

function notFound(): Response {
  const error = { code: -32001, message: 'Session not found' };
  return Response.json({ jsonrpc: '2.0', id: null, error }, { status: 404 });
}
