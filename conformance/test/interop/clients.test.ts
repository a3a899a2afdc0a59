import { serveHttp, type HttpServer } from '@toolyard/transport-http';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { interopApp } from './app.ts';
import { clients, type Connected, type Where } from './clients.ts';

describe.each(['http', 'stdio'] as const)('over %s', (transport) => {
  describe.each(Object.entries(clients))('%s', (_name, connect) => {
    let server: HttpServer | undefined;
    let connected: Connected;

    beforeAll(async () => {
      server = transport === 'http' ? await serveHttp(interopApp(), { port: 0 }) : undefined;
      const where: Where = server ? { url: server.url } : { stdio: true };
      connected = await connect(where);
    });
    afterAll(async () => {
      await connected.client.close();
      await server?.close();
    });

    test('learns who the server is', () => {
      const { client } = connected;
      expect(client.getServerVersion()).toMatchObject({ name: 'interop', version: '1.0.0' });
      expect(client.getInstructions()).toBe('Try everything.');
      expect(client.getServerCapabilities()).toMatchObject({
        tools: { listChanged: true },
        prompts: {},
        resources: {},
      });
    });

    test('lists and calls tools', async () => {
      const { client } = connected;
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['add', 'count', 'greet']));
      expect(await client.callTool({ name: 'add', arguments: { a: 2, b: 3 } })).toMatchObject({
        content: [{ type: 'text', text: '{"sum":5}' }],
        structuredContent: { sum: 5 },
      });
    });

    test('gets arguments that do not fit as a tool error, and an unknown tool as a protocol error', async () => {
      const { client } = connected;
      const wrong = await client.callTool({ name: 'add', arguments: { a: 2 } });
      expect(wrong.isError).toBe(true);
      expect(JSON.stringify(wrong.content)).toContain('b: ');
      await expect(client.callTool({ name: 'nothing' })).rejects.toMatchObject({ code: -32602 });
    });

    test('sees progress', async () => {
      const seen: number[] = [];
      const onprogress = ({ progress }: { progress: number }) => void seen.push(progress);
      await connected.client.callTool({ name: 'count', arguments: { to: 4 } }, { onprogress });
      // The official clients drop progress that arrives in one piece with the result (typescript-sdk#2580).
      expect(seen.slice(0, 3)).toEqual([1, 2, 3]);
    });

    test('cancels a call', async () => {
      const { client } = connected;
      const controller = new AbortController();
      const hanging = client.callTool({ name: 'hang' }, { signal: controller.signal });
      setTimeout(() => controller.abort('enough'), 100);
      await expect(hanging).rejects.toThrow('enough');
      await vi.waitFor(async () => {
        const { structuredContent } = await client.callTool({ name: 'cancellations' });
        expect(structuredContent).toEqual({ count: 1 });
      });
    });

    test('answers questions: elicitation, sampling, roots', async () => {
      const { client } = connected;
      const textOf = async (name: string) => (await client.callTool({ name })).content[0];
      expect(await textOf('greet')).toEqual({ type: 'text', text: 'Hello Ada' });
      expect(await textOf('ask_model')).toMatchObject({ text: expect.stringContaining('42') });
      expect(await textOf('roots')).toEqual({ type: 'text', text: 'file:///work' });
    });

    test('reads resources and templates', async () => {
      const { client } = connected;
      const { resources } = await client.listResources();
      expect(resources.map(({ uri }) => uri)).toEqual(['memo://today', 'memo://by/ada/1']);
      const { resourceTemplates } = await client.listResourceTemplates();
      expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual(['memo://by/{author}/{id}']);
      expect((await client.readResource({ uri: 'memo://today' })).contents).toEqual([
        { uri: 'memo://today', mimeType: 'text/plain', text: 'Buy milk' },
      ]);
      expect((await client.readResource({ uri: 'memo://by/grace/7' })).contents[0]).toMatchObject({
        text: '7 by grace',
      });
      await expect(client.readResource({ uri: 'memo://none' })).rejects.toThrow(/not found/i);
    });

    test('gets prompts and completions', async () => {
      const { client } = connected;
      const { prompts } = await client.listPrompts();
      expect(prompts).toMatchObject([{ name: 'review', arguments: [{ name: 'file', required: true }] }]);
      const { messages } = await client.getPrompt({ name: 'review', arguments: { file: 'a.ts' } });
      expect(messages).toEqual([{ role: 'user', content: { type: 'text', text: 'Review a.ts' } }]);
      const byPrompt = await client.complete({
        ref: { type: 'ref/prompt', name: 'review' },
        argument: { name: 'file', value: 'b' },
      });
      expect(byPrompt.completion.values).toEqual(['b.ts']);
      const byTemplate = await client.complete({
        ref: { type: 'ref/resource', uri: 'memo://by/{author}/{id}' },
        argument: { name: 'author', value: 'a' },
      });
      expect(byTemplate.completion.values).toEqual(['ada', 'alan']);
    });

    test('hears of list changes and of resources it subscribed to', async () => {
      const { client, heard, subscribe } = connected;
      await subscribe('memo://today');
      await vi.waitFor(async () => {
        await client.callTool({ name: 'grow' });
        expect(heard.toolsChanged).toBeGreaterThan(0);
      });
      await vi.waitFor(async () => {
        await client.callTool({ name: 'touch' });
        expect(heard.updated).toContain('memo://today');
      });
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toContain('grown_1');
    });

    test('gets log messages of the level it asked for', async () => {
      const { client, heard, setLevel } = connected;
      await setLevel?.('error');
      await client.callTool({ name: 'chat' });
      expect(heard.logs).toEqual([]);
      await setLevel?.('debug');
      await client.callTool({ name: 'chat' });
      // 2026 clients name a level in each request or get nothing; the official one names none.
      const expected = setLevel ? [{ low: 'battery' }] : [];
      await vi.waitFor(() => expect(heard.logs).toEqual(expected));
    });
  });
});
