import { describe, expect, test, vi } from 'vitest';

import { defineTool, local } from '../../src/index.ts';
import { demoApp } from './demo-app.ts';
import { connectBy, ROUTES } from './hosts.ts';

const titled = ROUTES.map(
  (route) => [`${route.host} host, ${route.client} client, ${route.via}`, route] as const,
);

describe.each(titled)('an app attached to a server: %s', (_title, route) => {
  test('is listed after what the host has', async () => {
    const { client } = await connectBy(route, demoApp().app);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'theirs',
      'add',
      'fail',
      'leak',
      'work',
      'greet',
      'think',
      'whoami',
      'hang',
    ]);
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual(['host://readme', 'note://a', 'ours://about']);
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toContain('note://{id}');
    const { prompts } = await client.listPrompts();
    expect(prompts.map(({ name }) => name)).toEqual(['hello', 'review']);
  });

  test('keeps the name of the host, and adds its capabilities and instructions', async () => {
    const { client } = await connectBy(route, demoApp().app);
    expect(client.getServerVersion()).toMatchObject({ name: 'host' });
    expect(client.getServerCapabilities()).toMatchObject({
      tools: {},
      prompts: {},
      resources: {},
      completions: {},
    });
    expect(client.getInstructions()).toBe('Of the host.\n\nOf the app.');
  });

  test('answers for what is its own, and leaves the rest to the host', async () => {
    const { client } = await connectBy(route, demoApp().app);
    expect(await client.callTool({ name: 'theirs', arguments: { word: 'x' } })).toMatchObject({
      content: [{ text: 'theirs: x' }],
    });
    expect(await client.callTool({ name: 'add', arguments: { a: 1, b: 2 } })).toMatchObject({
      structuredContent: { sum: 3 },
    });
    expect(await client.readResource({ uri: 'host://readme' })).toMatchObject({
      contents: [{ text: 'of the host' }],
    });
    expect(await client.readResource({ uri: 'note://7' })).toMatchObject({ contents: [{ text: 'Note 7' }] });
    expect(await client.getPrompt({ name: 'hello' })).toMatchObject({
      messages: [{ content: { text: 'Hello from the host' } }],
    });
    expect(await client.getPrompt({ name: 'review', arguments: { file: 'a.ts' } })).toMatchObject({
      messages: [{ content: { text: 'Review a.ts' } }],
    });
  });

  test('completes the arguments of its templates and prompts', async () => {
    const { client } = await connectBy(route, demoApp().app);
    const byTemplate = await client.complete({
      ref: { type: 'ref/resource', uri: 'note://{id}' },
      argument: { name: 'id', value: 'a' },
    });
    expect(byTemplate.completion.values).toEqual(['apple', 'avocado']);
    const byPrompt = await client.complete({
      ref: { type: 'ref/prompt', name: 'review' },
      argument: { name: 'file', value: 'a' },
    });
    expect(byPrompt.completion.values).toEqual(['a.ts']);
  });

  test('tells failures as tools do, and masks what is not meant for clients', async () => {
    const { client } = await connectBy(route, demoApp().app);
    expect(await client.callTool({ name: 'fail' })).toMatchObject({
      isError: true,
      content: [{ text: 'The disk is full.' }],
    });
    expect(JSON.stringify(await client.callTool({ name: 'leak' }))).not.toContain('hunter2');
    expect(await client.callTool({ name: 'add', arguments: { a: 'x', b: 2 } })).toMatchObject({
      isError: true,
    });
    await expect(client.readResource({ uri: 'nowhere://1' })).rejects.toThrow(/not found/i);
  });

  test('reports progress', async () => {
    const { client } = await connectBy(route, demoApp().app);
    const steps: unknown[] = [];
    const result = await client.callTool({ name: 'work' }, { onprogress: (step) => void steps.push(step) });
    expect(result).toMatchObject({ content: [{ text: 'done' }] });
    expect(steps).toEqual([1, 2, 3].map((progress) => ({ progress, total: 3 })));
  });

  test('asks the person and the model at the client', async () => {
    const { client, heard } = await connectBy(route, demoApp().app);
    expect(await client.callTool({ name: 'greet' })).toMatchObject({ content: [{ text: 'Hello Ada' }] });
    expect(heard.asked).toEqual(['Your name?']);
    expect(await client.callTool({ name: 'think' })).toMatchObject({
      content: [{ text: '[{"type":"text","text":"42"},"file:///work"]' }],
    });
  });

  test('hears when the client gives up', async () => {
    const { app, cancelled, started } = demoApp();
    const { client } = await connectBy(route, app);
    const controller = new AbortController();
    const call = client
      .callTool({ name: 'hang' }, { signal: controller.signal })
      .catch((error: unknown) => error);
    await started;
    controller.abort('enough');
    expect(await call).toBeInstanceOf(Error);
    expect(await cancelled).toMatchObject({ code: 'CANCELLED' });
  });

  test('tells its changes to clients that are connected', async () => {
    const { app } = demoApp();
    const { client, heard, watch } = await connectBy(route, app);
    await watch('ours://about');
    app.add(defineTool({ name: 'new', run: () => '' }));
    app.resourceUpdated('ours://about');
    app.resourceUpdated('note://other');
    await vi.waitFor(() => expect(heard).toMatchObject({ changed: ['tools'], updated: ['ours://about'] }));
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('new');
  });

  test('takes callers for nobody unless the host says who they are', async () => {
    const { app } = demoApp();
    const nobody = await connectBy(route, app);
    expect(await nobody.client.callTool({ name: 'whoami' })).toMatchObject({
      structuredContent: { id: 'anonymous', scopes: [], client: 'interop' },
    });
    await expect(nobody.client.callTool({ name: 'guarded' })).rejects.toThrow(/scopes: admin/);
    const trusted = await connectBy(route, app, { principal: local, tenant: () => 'acme' });
    expect(await trusted.client.callTool({ name: 'whoami' })).toMatchObject({
      structuredContent: { id: 'local', tenant: 'acme' },
    });
    expect(await trusted.client.callTool({ name: 'guarded' })).toMatchObject({
      content: [{ text: 'secret' }],
    });
    expect((await trusted.client.listTools()).tools.map(({ name }) => name)).toContain('guarded');
  });

  test('gets `_meta` as the client sent it', async () => {
    const { client } = await connectBy(route, demoApp().app);
    const params = { name: 'whoami', _meta: { 'toolyard/version': '2' } };
    expect(await client.callTool(params)).toMatchObject({ structuredContent: { pinned: '2' } });
  });
});

const withSessions = titled.filter(([, { client, via }]) => client !== 'v2 modern' && via !== 'http');
test.each(withSessions)('an attached app hears of sessions: %s', async (_title, route) => {
  const { app } = demoApp();
  const events: string[] = [];
  app.on('sessionOpened', ({ client }) => void events.push(`opened by ${client.info?.name}`));
  app.on('sessionClosed', () => void events.push('closed'));
  const { client } = await connectBy(route, app);
  expect(events).toEqual(['opened by interop']);
  await client.close();
  await vi.waitFor(() => expect(events).toEqual(['opened by interop', 'closed']));
});
