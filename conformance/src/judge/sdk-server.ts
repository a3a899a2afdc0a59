import {
  createMcpHandler,
  createRequestStateCodec,
  hostHeaderValidationResponse,
  isLegacyRequest,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  McpServer,
  OAuthError,
  OAuthErrorCode,
  originValidationResponse,
  requireBearerAuth,
  requireScopes,
  ResourceNotFoundError,
  WebStandardStreamableHTTPServerTransport as SessionTransport,
  type AuthInfo,
  type RegisteredPrompt,
  type RegisteredTool,
} from '@modelcontextprotocol/server';

import { adminTool, definitions, instructions, MAX_BODY_BYTES, serverInfo } from './definitions.ts';
import { createEventStore } from './sdk-event-store.ts';
import type { Fetch } from './play.ts';
import { SdkRegistry } from './sdk-registry.ts';
import { tokens } from './tokens.ts';

const maxRequestBodySize = MAX_BODY_BYTES;

/** The opponent: an SDK v2 server for both eras on one endpoint, as the SDK's documentation has it. */
export function createSdkServer({ authenticated = false } = {}): Fetch {
  const codec = createRequestStateCodec({ key: 'k'.repeat(32) });
  const changing = { tool: false, prompt: false };
  const open = new Map<string, { server: McpServer; transport: SessionTransport }>();
  const handles = new WeakMap<McpServer, { tool: RegisteredTool; prompt: RegisteredPrompt }>();
  const modern = createMcpHandler(build, { legacy: 'reject', maxRequestBodySize });
  const authenticate = requireBearerAuth({ verifier: { verifyAccessToken } });

  return async function answer(request) {
    try {
      return await serve(request);
    } catch (error) {
      return Response.json({ error: String(error) }, { status: 500 });
    }
  };

  async function serve(request: Request): Promise<Response> {
    const refusal =
      hostHeaderValidationResponse(request, localhostAllowedHostnames()) ??
      originValidationResponse(request, localhostAllowedOrigins());
    if (refusal) return refusal;
    const authInfo = authenticated ? await authenticate(request) : undefined;
    if (authInfo instanceof Response) return authInfo;
    const options = authInfo && { authInfo };
    if (await isLegacyRequest(request, undefined, { maxRequestBodySize }))
      return serveSession(request, options);
    return modern.fetch(request, options);
  }

  async function serveSession(
    request: Request,
    options: { authInfo: AuthInfo } | undefined,
  ): Promise<Response> {
    const id = request.headers.get('mcp-session-id');
    if (id !== null) {
      const session = open.get(id);
      if (session) return session.transport.handleRequest(request, options);
      const error = { code: -32_001, message: 'Session not found' };
      return Response.json({ jsonrpc: '2.0', id: null, error }, { status: 404 });
    }
    const server = build();
    const transport = new SessionTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      onsessioninitialized: (sessionId) => void open.set(sessionId, { server, transport }),
      eventStore: createEventStore(),
      retryInterval: 1000,
      maxRequestBodySize,
    });
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- it is no event target
    server.server.onclose = () => open.delete(transport.sessionId ?? '');
    await server.connect(transport);
    return transport.handleRequest(request, options);
  }

  function build(): McpServer {
    const server = new McpServer(serverInfo, {
      instructions,
      capabilities: {
        logging: {},
        completions: {},
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
      },
      requestState: { verify: (state, ctx) => codec.verify(state, ctx) },
    });
    const registry = new SdkRegistry(server, codec);
    for (const tool of definitions.tools) registry.addTool(tool);
    for (const resource of definitions.resources) registry.addResource(resource);
    for (const prompt of definitions.prompts) registry.addPrompt(prompt);
    addSubscriptions(server);
    addTriggers(server);
    if (authenticated) {
      const { name, description = '' } = adminTool;
      const said = { content: [{ type: 'text' as const, text: 'Rebooted.' }] };
      server.registerTool(name, { description, scopeChallenge: requireScopes('admin') }, () => said);
    }
    return server;
  }

  function addTriggers(server: McpServer): void {
    trigger('test_trigger_tool_change', 'Adds a tool, or removes it again.', () => {
      changing.tool = !changing.tool;
      modern.notify.toolsChanged();
      return `The tool is ${changing.tool ? 'there' : 'gone'}.`;
    });
    trigger('test_trigger_prompt_change', 'Adds a prompt, or removes it again.', () => {
      changing.prompt = !changing.prompt;
      modern.notify.promptsChanged();
      return `The prompt is ${changing.prompt ? 'there' : 'gone'}.`;
    });
    const description = 'Comes and goes.';
    const handle = {
      tool: server.registerTool('test_changing_tool', { description }, () => ({
        content: [{ type: 'text', text: 'Here for now.' }],
      })),
      prompt: server.registerPrompt('test_changing_prompt', { description }, () => ({
        messages: [{ role: 'user', content: { type: 'text', text: 'Here for now.' } }],
      })),
    };
    if (!changing.tool) handle.tool.disable();
    if (!changing.prompt) handle.prompt.disable();
    handles.set(server, handle);

    function trigger(name: string, about: string, run: () => string): void {
      server.registerTool(name, { description: about }, () => {
        const text = run();
        for (const session of open.values()) {
          const { tool, prompt } = handles.get(session.server)!;
          if (tool.enabled !== changing.tool) tool.update({ enabled: changing.tool });
          if (prompt.enabled !== changing.prompt) prompt.update({ enabled: changing.prompt });
        }
        return { content: [{ type: 'text', text }] };
      });
    }
  }
}

/** What the SDK leaves to its users. */
function addSubscriptions({ server }: McpServer): void {
  const known = new Set(definitions.resources.map(({ address }) => address));
  const subscribe = ({ params: { uri } }: { params: { uri: string } }) => {
    if (!known.has(uri) && !uri.startsWith('judge://users/')) throw new ResourceNotFoundError(uri);
    return {};
  };
  server.setRequestHandler('resources/subscribe', subscribe);
  server.setRequestHandler('resources/unsubscribe', () => ({}));
}

async function verifyAccessToken(token: string): Promise<AuthInfo> {
  const scopes = tokens.get(token);
  if (!scopes) throw new OAuthError(OAuthErrorCode.InvalidToken, 'Unknown token');
  return { token, clientId: 'judge', scopes: [...scopes], expiresAt: Date.now() / 1000 + 600 };
}
