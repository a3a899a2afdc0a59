import { fileURLToPath } from 'node:url';

import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import * as v1 from '@modelcontextprotocol/sdk/types.js';

/** The parts of both generations of the official client that the tests use. */
type OfficialClient = Pick<
  ClientV2,
  | 'callTool'
  | 'close'
  | 'complete'
  | 'getInstructions'
  | 'getPrompt'
  | 'getServerCapabilities'
  | 'getServerVersion'
  | 'listPrompts'
  | 'listResources'
  | 'listResourceTemplates'
  | 'listTools'
  | 'readResource'
>;

/** What a client has been told and asked, in order. */
interface Heard {
  toolsChanged: number;
  updated: string[];
  logs: unknown[];
}

export interface Connected {
  readonly client: OfficialClient;
  readonly heard: Heard;
  readonly era: 'legacy' | 'modern';
  readonly protocolVersion: string;
  /** Subscribes to `uri` and to list changes the way the client's era does it. */
  readonly subscribe: (uri: string) => Promise<void>;
  readonly setLevel?: (level: 'debug' | 'error') => Promise<unknown>;
}

/** Where the server is. */
export type Where = { readonly url: string } | { readonly stdio: true };

const NODE_ARGUMENTS = [
  '--conditions=@toolyard/source',
  fileURLToPath(new URL('stdio-server.ts', import.meta.url)),
];
const SERVER = { command: process.execPath, args: NODE_ARGUMENTS, stderr: 'inherit' } as const;
const INFO = { name: 'interop', version: '1.0.0' };
const CAPABILITIES = { elicitation: {}, sampling: {}, roots: {} };

const ACCEPTED = { action: 'accept', content: { name: 'Ada' } } as const;
const SAMPLED = { role: 'assistant', model: 'test', content: { type: 'text', text: '42' } } as const;
const ROOTS = { roots: [{ uri: 'file:///work' }] };

/** The clients that have to work, by name. */
export const clients: Readonly<Record<string, (where: Where) => Promise<Connected>>> = {
  'SDK v2 pinned to 2026-07-28': (where) => connectV2(where, { pin: '2026-07-28' }, 'modern'),
  'SDK v2 in auto mode': (where) => connectV2(where, 'auto', 'modern'),
  'SDK v2 in legacy mode': (where) => connectV2(where, 'legacy', 'legacy'),
  'SDK v1 for 2025-11-25': (where) => connectV1(where, '2025-11-25'),
  'SDK v1 for 2025-06-18': (where) => connectV1(where, '2025-06-18'),
};

async function connectV2(
  where: Where,
  mode: 'auto' | 'legacy' | { pin: string },
  era: Connected['era'],
): Promise<Connected> {
  const heard: Heard = { toolsChanged: 0, updated: [], logs: [] };
  const client = new ClientV2(INFO, { capabilities: CAPABILITIES, versionNegotiation: { mode } });
  client.setRequestHandler('elicitation/create', () => ACCEPTED);
  client.setRequestHandler('sampling/createMessage', () => SAMPLED);
  client.setRequestHandler('roots/list', () => ROOTS);
  client.setNotificationHandler('notifications/tools/list_changed', () => void (heard.toolsChanged += 1));
  client.setNotificationHandler(
    'notifications/resources/updated',
    ({ params }) => void heard.updated.push(params.uri),
  );
  client.setNotificationHandler('notifications/message', ({ params }) => void heard.logs.push(params.data));
  await client.connect('url' in where ? new HttpV2(new URL(where.url)) : new StdioV2(SERVER));
  return {
    client,
    heard,
    era,
    protocolVersion: client.getNegotiatedProtocolVersion() ?? '',
    subscribe: async (uri) => {
      if (era === 'legacy') await client.subscribeResource({ uri });
      else await client.listen({ toolsListChanged: true, resourceSubscriptions: [uri] });
    },
    ...(era === 'legacy' && { setLevel: (level: 'debug' | 'error') => client.setLoggingLevel(level) }),
  };
}

async function connectV1(where: Where, version: '2025-06-18' | '2025-11-25'): Promise<Connected> {
  const heard: Heard = { toolsChanged: 0, updated: [], logs: [] };
  const client = new ClientV1(INFO, { capabilities: CAPABILITIES });
  client.setRequestHandler(v1.ElicitRequestSchema, () => ({ ...ACCEPTED }));
  client.setRequestHandler(v1.CreateMessageRequestSchema, () => ({ ...SAMPLED }));
  client.setRequestHandler(v1.ListRootsRequestSchema, () => ROOTS);
  client.setNotificationHandler(v1.ToolListChangedNotificationSchema, () => void (heard.toolsChanged += 1));
  client.setNotificationHandler(
    v1.ResourceUpdatedNotificationSchema,
    ({ params }) => void heard.updated.push(params.uri),
  );
  client.setNotificationHandler(
    v1.LoggingMessageNotificationSchema,
    ({ params }) => void heard.logs.push(params.data),
  );
  const transport = 'url' in where ? new HttpV1(new URL(where.url)) : new StdioV1(SERVER);
  askFor(transport, version);
  await client.connect(transport);
  return {
    client: Object.assign(Object.create(client) as OfficialClient, {
      // The first generation takes a result schema in between.
      callTool: (params: { name: string }, options?: object) => client.callTool(params, undefined, options),
    }),
    heard,
    era: 'legacy',
    protocolVersion: version,
    subscribe: async (uri) => void (await client.subscribeResource({ uri })),
    setLevel: (level) => client.setLoggingLevel(level),
  };
}

/** The v1 client always asks for its newest revision; this makes it ask for another. */
function askFor(transport: { send(message: never, options?: never): Promise<void> }, version: string): void {
  const send = transport.send.bind(transport);
  transport.send = (message: { method?: string; params?: object }, options?: never) =>
    send(
      (message.method === 'initialize'
        ? { ...message, params: { ...message.params, protocolVersion: version } }
        : message) as never,
      options,
    );
}
