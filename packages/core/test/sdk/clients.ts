// The official clients of both versions, under one face.
import { Client as ClientV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import * as v1 from '@modelcontextprotocol/sdk/types.js';
import { onTestFinished } from 'vitest';

const INFO = { name: 'interop', version: '1.0.0' };
const CAPABILITIES = { elicitation: {}, sampling: {}, roots: {} };
const ACCEPTED = { action: 'accept', content: { name: 'Ada' } } as const;
const SAMPLED = { role: 'assistant', model: 'test', content: { type: 'text', text: '42' } } as const;
const ROOTS = { roots: [{ uri: 'file:///work' }] };

/** What the clients of both versions have in common. */
type AnyClient = Pick<
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

/** What a client was told and asked. */
interface Heard {
  readonly changed: string[];
  readonly updated: string[];
  readonly logs: unknown[];
  readonly asked: string[];
}

export interface Connected {
  readonly client: AnyClient;
  readonly heard: Heard;
  readonly era: 'legacy' | 'modern';
  /** Asks to hear of list changes and of updates of `uri`, in the way of the era. */
  readonly watch: (uri: string) => Promise<void>;
}

export type ClientKind = 'v1' | 'v2 legacy' | 'v2 modern';

/** Connects a client that answers what it is asked: Ada, 42, file:///work. It is closed with the test. */
export async function connectClient(kind: ClientKind, transport: any): Promise<Connected> {
  const connected = await (kind === 'v1' ? connectV1(transport) : connectV2(transport, kind));
  onTestFinished(() => connected.client.close());
  return connected;
}

async function connectV2(transport: any, kind: 'v2 legacy' | 'v2 modern'): Promise<Connected> {
  const heard: Heard = { changed: [], updated: [], logs: [], asked: [] };
  const era = kind === 'v2 modern' ? 'modern' : 'legacy';
  const mode = era === 'modern' ? { pin: '2026-07-28' } : 'legacy';
  const client = new ClientV2(INFO, { capabilities: CAPABILITIES, versionNegotiation: { mode } });
  client.setRequestHandler('elicitation/create', ({ params }) => {
    heard.asked.push(params.message);
    return ACCEPTED;
  });
  client.setRequestHandler('sampling/createMessage', () => SAMPLED);
  client.setRequestHandler('roots/list', () => ROOTS);
  for (const list of ['tools', 'prompts', 'resources'] as const) {
    client.setNotificationHandler(`notifications/${list}/list_changed`, () => void heard.changed.push(list));
  }
  client.setNotificationHandler(
    'notifications/resources/updated',
    ({ params }) => void heard.updated.push(params.uri),
  );
  client.setNotificationHandler('notifications/message', ({ params }) => void heard.logs.push(params.data));
  await client.connect(transport);
  return {
    client,
    heard,
    era,
    watch: async (uri) => {
      if (era === 'legacy') return void (await client.subscribeResource({ uri }));
      const filter = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
      await client.listen({ ...filter, resourceSubscriptions: [uri] });
    },
  };
}

async function connectV1(transport: any): Promise<Connected> {
  const heard: Heard = { changed: [], updated: [], logs: [], asked: [] };
  const client = new ClientV1(INFO, { capabilities: CAPABILITIES });
  client.setRequestHandler(v1.ElicitRequestSchema, ({ params }) => {
    heard.asked.push(params.message);
    return { ...ACCEPTED };
  });
  client.setRequestHandler(v1.CreateMessageRequestSchema, () => ({ ...SAMPLED }));
  client.setRequestHandler(v1.ListRootsRequestSchema, () => ROOTS);
  client.setNotificationHandler(v1.ToolListChangedNotificationSchema, () => void heard.changed.push('tools'));
  client.setNotificationHandler(
    v1.PromptListChangedNotificationSchema,
    () => void heard.changed.push('prompts'),
  );
  client.setNotificationHandler(
    v1.ResourceListChangedNotificationSchema,
    () => void heard.changed.push('resources'),
  );
  client.setNotificationHandler(
    v1.ResourceUpdatedNotificationSchema,
    ({ params }) => void heard.updated.push(params.uri),
  );
  client.setNotificationHandler(
    v1.LoggingMessageNotificationSchema,
    ({ params }) => void heard.logs.push(params.data),
  );
  await client.connect(transport);
  return {
    client: Object.assign(Object.create(client) as AnyClient, {
      // The first version takes a result schema in between.
      callTool: (params: { name: string }, options?: object) => client.callTool(params, undefined, options),
    }),
    heard,
    era: 'legacy',
    watch: async (uri) => void (await client.subscribeResource({ uri })),
  };
}
