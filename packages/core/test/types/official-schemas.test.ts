/**
 * `protocol/messages.ts` is written by hand; here the official schemas judge it. `Ours` has to be something they
 * accept, and what they give has to be something we can read.
 */
import * as official from '@modelcontextprotocol/core';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  audio,
  definePrompt,
  defineResource,
  defineTool,
  embeddedResource,
  image,
  resourceLink,
  text,
} from '../../src/index.ts';
import type * as ours from '../../src/protocol.ts';
import { createTestClient } from '../../src/testing.ts';
import { eras, testApp } from '../helpers.ts';

/**
 * A type without what tells interfaces from literals, and `undefined` from absent. What we leave open (`unknown`) is
 * taken for whatever they say it is.
 */
type Plain<T> = unknown extends T
  ? any
  : T extends readonly (infer Item)[]
    ? Plain<Item>[]
    : T extends object
      ? keyof { [Key in keyof T as Named<Key>]: Key } extends never
        ? any
        : { [Key in keyof T as Named<Key>]: Plain<Exclude<T[Key], undefined>> }
      : T;
type Named<Key> = string extends Key ? never : number extends Key ? never : Key;

interface Pairs {
  annotations: [ours.Annotations, typeof official.AnnotationsSchema];
  icon: [ours.Icon, typeof official.IconSchema];
  implementation: [ours.Implementation, typeof official.ImplementationSchema];
  clientCapabilities: [ours.ClientCapabilities, typeof official.ClientCapabilitiesSchema];
  serverCapabilities: [ours.ServerCapabilities, typeof official.ServerCapabilitiesSchema];
  text: [ours.TextContent, typeof official.TextContentSchema];
  image: [ours.ImageContent, typeof official.ImageContentSchema];
  audio: [ours.AudioContent, typeof official.AudioContentSchema];
  embeddedResource: [ours.EmbeddedResource, typeof official.EmbeddedResourceSchema];
  resourceLink: [ours.ResourceLink, typeof official.ResourceLinkSchema];
  block: [ours.ContentBlock, typeof official.ContentBlockSchema];
  resource: [ours.ResourceDescription, typeof official.ResourceSchema];
  template: [ours.ResourceTemplateDescription, typeof official.ResourceTemplateSchema];
  prompt: [ours.PromptDescription, typeof official.PromptSchema];
  promptArgument: [ours.PromptArgument, typeof official.PromptArgumentSchema];
  promptMessage: [ours.PromptMessage, typeof official.PromptMessageSchema];
  toolAnnotations: [ours.ToolAnnotations, typeof official.ToolAnnotationsSchema];
  tool: [ours.ToolDescription, typeof official.ToolSchema];
  callToolResult: [ours.CallToolResult, typeof official.CallToolResultSchema];
  listToolsResult: [ours.ListToolsResult, typeof official.ListToolsResultSchema];
  listResourcesResult: [ours.ListResourcesResult, typeof official.ListResourcesResultSchema];
  listTemplatesResult: [ours.ListResourceTemplatesResult, typeof official.ListResourceTemplatesResultSchema];
  readResourceResult: [ours.ReadResourceResult, typeof official.ReadResourceResultSchema];
  listPromptsResult: [ours.ListPromptsResult, typeof official.ListPromptsResultSchema];
  getPromptResult: [ours.GetPromptResult, typeof official.GetPromptResultSchema];
  completeResult: [ours.CompleteResult, typeof official.CompleteResultSchema];
  initializeResult: [ours.InitializeResult, typeof official.InitializeResultSchema];
  discoverResult: [ours.DiscoverResult, typeof official.DiscoverResultSchema];
  elicitResult: [ours.ElicitResult, typeof official.ElicitResultSchema];
  createMessageParams: [ours.CreateMessageParams, typeof official.CreateMessageRequestParamsSchema];
  createMessageResult: [ours.CreateMessageResult, typeof official.CreateMessageResultSchema];
  root: [ours.Root, typeof official.RootSchema];
  listRootsResult: [ours.ListRootsResult, typeof official.ListRootsResultSchema];
  logLevel: [ours.LogLevel, typeof official.LoggingLevelSchema];
  role: [ours.Role, typeof official.RoleSchema];
  subscriptionFilter: [ours.SubscriptionFilter, typeof official.SubscriptionFilterSchema];
  request: [ours.JsonRpcRequest, typeof official.JSONRPCRequestSchema];
  notification: [ours.JsonRpcNotification, typeof official.JSONRPCNotificationSchema];
  resultResponse: [ours.JsonRpcResultResponse, typeof official.JSONRPCResultResponseSchema];
}

/** Names of the pairs whose first type does not fit the second. */
type Unfit<P extends { [Name in keyof P]: [unknown, z.ZodType] }, Direction extends 'read' | 'write'> = {
  [Name in keyof P]: Direction extends 'write'
    ? Plain<P[Name][0]> extends Plain<z.input<P[Name][1]>>
      ? never
      : Name
    : Plain<z.output<P[Name][1]>> extends Plain<P[Name][0]>
      ? never
      : Name;
}[keyof P];

test('what we write has the type they take', () => {
  // Theirs says "text or blob", ours "perhaps text, perhaps blob": handlers may leave the rest to core.
  type HasContents =
    | 'embeddedResource'
    | 'block'
    | 'callToolResult'
    | 'promptMessage'
    | 'getPromptResult'
    | 'readResourceResult';
  // Written by clients alone.
  type Received = 'elicitResult';
  expectTypeOf<Unfit<Pairs, 'write'>>().toEqualTypeOf<HasContents | Received>();
});

test('what they give has the type we read', () => {
  expectTypeOf<Unfit<Pairs, 'read'>>().toBeNever();
});

describe.each(eras)('what a %s client is answered', (era) => {
  const icons = [
    { src: 'https://example.com/i.png', mimeType: 'image/png', sizes: ['48x48'], theme: 'dark' as const },
  ];
  const facts = { title: 'Title', description: 'Description', icons, meta: { 'example.com/a': 1 } };
  const blocks = [
    text('a', { annotations: { audience: ['user'], priority: 0.5 } }),
    image('AA==', 'image/png'),
    audio('AA==', 'audio/wav'),
    embeddedResource({ uri: 'note://1', mimeType: 'text/plain', text: 'one' }),
    resourceLink({ uri: 'note://1', name: 'one' }),
  ];
  const app = testApp({ title: 'T', websiteUrl: 'https://example.com', icons, instructions: 'Be kind.' }).add(
    defineTool({
      name: 'data',
      ...facts,
      annotations: { readOnlyHint: true },
      input: z.object({ a: z.string().optional() }),
      output: z.object({ b: z.number() }),
      run: () => ({ b: 1 }),
    }),
    defineTool({ name: 'blocks', run: () => blocks }),
    definePrompt({
      name: 'p',
      ...facts,
      input: z.object({ a: z.string().optional() }),
      run: () => blocks.map((content) => ({ role: 'user' as const, content })),
      complete: { a: () => ['x'] },
    }),
    defineResource({
      uri: 'note://1',
      ...facts,
      size: 3,
      annotations: { lastModified: '2026-01-01T00:00:00Z' },
      read: () => new Uint8Array([1]),
    }),
    defineResource({ template: 'note://all/{id}', ...facts, read: ({ id }) => id }),
  );
  const client = createTestClient(app, { era });
  const cases: [string, object, z.ZodType][] = [
    ['tools/list', {}, official.ListToolsResultSchema],
    ['tools/call', { name: 'data' }, official.CallToolResultSchema],
    ['tools/call', { name: 'blocks' }, official.CallToolResultSchema],
    ['tools/call', { name: 'data', arguments: { a: 7 } }, official.CallToolResultSchema],
    ['prompts/list', {}, official.ListPromptsResultSchema],
    ['prompts/get', { name: 'p' }, official.GetPromptResultSchema],
    ['resources/list', {}, official.ListResourcesResultSchema],
    ['resources/templates/list', {}, official.ListResourceTemplatesResultSchema],
    ['resources/read', { uri: 'note://1' }, official.ReadResourceResultSchema],
    ['resources/read', { uri: 'note://all/1' }, official.ReadResourceResultSchema],
    [
      'completion/complete',
      { ref: { type: 'ref/prompt', name: 'p' }, argument: { name: 'a', value: '' } },
      official.CompleteResultSchema,
    ],
    ...(era === 'modern'
      ? ([['server/discover', {}, official.DiscoverResultSchema]] satisfies [string, object, z.ZodType][])
      : ([['ping', {}, official.EmptyResultSchema]] satisfies [string, object, z.ZodType][])),
  ];

  test.each(cases)('to %s %j is what the official schema accepts', async (method, params, schema) => {
    const result = await client.request(method, params as ours.JsonObject);
    const parsed = schema.safeParse(result);
    expect(parsed.error?.issues).toBeUndefined();
    // Nothing is there that the schema does not know: it would have been dropped.
    expect(parsed.data).toEqual(result);
  });
});
