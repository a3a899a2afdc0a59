import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { definePrompt, defineResource, defineTool, type SessionRecord } from '../../src/index.ts';
import { createTestClient } from '../../src/testing.ts';
import { testApp } from '../helpers.ts';

const hello = { capabilities: {}, clientInfo: { name: 'test-client', version: '0.0.0' } };

describe('initialize', () => {
  test.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
    'agrees to %s',
    async (protocolVersion) => {
      const client = createTestClient(testApp(), { protocolVersion });
      expect(await client.connect()).toMatchObject({ protocolVersion });
    },
  );

  test.each(['2024-10-07', '2025-11-26', '2026-07-28', '2099-01-01', '1.0', ''])(
    'offers the newest of its era to a client that asks for %j',
    async (protocolVersion) => {
      const client = createTestClient(testApp(), { era: 'legacy', protocolVersion });
      expect(await client.connect()).toMatchObject({ protocolVersion: '2025-11-25' });
    },
  );

  test.each<[object, string]>([
    [{ ...hello }, 'params.protocolVersion must be a string.'],
    [{ ...hello, protocolVersion: 1 }, 'params.protocolVersion must be a string.'],
    [
      { ...hello, protocolVersion: '2025-06-18', capabilities: undefined },
      'params.capabilities must be an object of objects.',
    ],
    [
      { ...hello, protocolVersion: '2025-06-18', capabilities: { roots: true } },
      'params.capabilities must be an object of objects.',
    ],
    [
      { ...hello, protocolVersion: '2025-06-18', clientInfo: {} },
      'params.clientInfo must be an object with the strings name and version.',
    ],
    [{ ...hello, protocolVersion: '2025-06-18', clientInfo: undefined }, 'params.clientInfo'],
  ])('refuses %j', async (params, message) => {
    const client = createTestClient(testApp(), { era: 'legacy' });
    expect(await client.send({ jsonrpc: '2.0', id: 1, method: 'initialize', params })).toMatchObject({
      error: { code: -32602, message: expect.stringContaining(message) },
    });
    expect(client.sessionId).toBeUndefined();
  });

  test('establishes what the client said of itself, for all of its session', async () => {
    const records: (SessionRecord | undefined)[] = [];
    const who = defineTool({
      name: 'who',
      run: (_args, { client, protocolVersion, session }) => ({
        name: client.info?.name,
        roots: client.capabilities.roots !== undefined,
        protocolVersion,
        session: session?.id,
      }),
    });
    const app = testApp()
      .use('tools/call', async (call, next) => (records.push(call.session as never), next()))
      .add(who);
    const client = createTestClient(app, { protocolVersion: '2025-06-18', capabilities: { roots: {} } });
    const { structuredContent } = await client.call('who');
    expect(structuredContent).toEqual({
      name: 'test-client',
      roots: true,
      protocolVersion: '2025-06-18',
      session: client.sessionId,
    });
  });

  test('without a session is answered, and later requests speak the revision the transport names, or 2025-03-26', async () => {
    const version = defineTool({ name: 'version', run: (_args, call) => call.protocolVersion });
    const app = testApp().add(version);
    const exchange = {
      transport: 'http',
      era: 'legacy' as const,
      principal: { id: 'a', scopes: [] },
      signal: new AbortController().signal,
      notify: () => {},
    };
    const params = { ...hello, protocolVersion: '2025-11-25' };
    expect(
      await app.dispatch({ jsonrpc: '2.0', id: 1, method: 'initialize', params }, exchange),
    ).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
    const call = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'version' } };
    expect(await app.dispatch(call, exchange)).toMatchObject({
      result: { content: [{ text: '2025-03-26' }] },
    });
    expect(await app.dispatch(call, { ...exchange, protocolVersion: '2025-06-18' })).toMatchObject({
      result: { content: [{ text: '2025-06-18' }] },
    });
  });
});

const read = () => '';

describe('what a server says of itself', () => {
  const about = {
    title: 'Test server',
    description: 'For tests',
    websiteUrl: 'https://example.com',
    icons: [{ src: 'https://example.com/i.png' }],
    instructions: 'Be kind.',
  };

  test('has instructions and its full name in 2026', async () => {
    const described = await createTestClient(testApp(about)).connect();
    const { instructions, ...info } = about;
    expect(described).toMatchObject({
      instructions,
      serverInfo: { name: 'test', version: '1.0.0', ...info },
    });
  });

  test.each<[string, string[]]>([
    ['2025-11-25', ['name', 'version', 'title', 'description', 'websiteUrl', 'icons']],
    ['2025-06-18', ['name', 'version', 'title']],
    ['2025-03-26', ['name', 'version']],
    ['2024-11-05', ['name', 'version']],
  ])('is cut to what %s knows', async (protocolVersion, fields) => {
    const { serverInfo, instructions } = await createTestClient(testApp(about), {
      protocolVersion,
    }).connect();
    expect(Object.keys(serverInfo).toSorted()).toEqual(fields.toSorted());
    expect(instructions).toBe('Be kind.');
  });

  test.each(['2025-11-25', '2026-07-28'])('names the capabilities it has (%s)', async (protocolVersion) => {
    const capabilities = async (app = testApp()) =>
      (await createTestClient(app, { protocolVersion }).connect()).capabilities;
    const none = { logging: {}, tools: { listChanged: true } };
    expect(await capabilities()).toEqual(none);
    expect(await capabilities(testApp().add(definePrompt({ name: 'p', run: () => '' })))).toEqual({
      ...none,
      prompts: { listChanged: true },
    });
    expect(await capabilities(testApp().add(defineResource({ uri: 'a://b', read })))).toEqual({
      ...none,
      resources: { subscribe: true, listChanged: true },
    });
    expect(
      await capabilities(
        testApp().add(defineResource({ template: 'a://{b}', read, complete: { b: () => [] } })),
      ),
    ).toMatchObject({ completions: {}, resources: {} });
    const input = z.object({ a: z.string() });
    expect(
      await capabilities(
        testApp().mount(
          'x',
          testApp().add(definePrompt({ name: 'p', input, run: () => '', complete: { a: () => [] } })),
        ),
      ),
    ).toMatchObject({ completions: {}, prompts: {} });
  });
});

test('server/discover names the versions that can be asked for', async () => {
  expect(await createTestClient(testApp()).request('server/discover')).toMatchObject({
    supportedVersions: ['2026-07-28'],
    resultType: 'complete',
  });
});

test('ping is answered', async () => {
  expect(await createTestClient(testApp(), { era: 'legacy' }).request('ping')).toEqual({});
});
