// What a client chooses the size of, and what is made of it.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineResource, defineTool } from '../../src/index.ts';
import { log, rateLimit } from '../../src/middleware.ts';
import { createTestClient } from '../../src/testing.ts';
import { recordingLogger, testApp } from '../helpers.ts';

const note = defineResource({ template: 'note://{id}', read: ({ id }) => id.slice(0, 1) });

test('of many wrong arguments the first 32 are named and the others counted', async () => {
  const sort = defineTool({ name: 'sort', input: z.object({ words: z.array(z.string()) }), run: () => '' });
  const client = createTestClient(testApp().add(sort));
  const words = Array.from({ length: 10_000 }, () => 1);
  const result = await client.call('sort', { words });
  expect(result).toMatchObject({ isError: true });
  expect(JSON.stringify(result).length).toBeLessThan(10_000);
  expect(JSON.stringify(result)).toContain('and 9968 more');
});

test.each([
  { clientInfo: { name: 'x'.repeat(70_000), version: '1' }, capabilities: {} },
  {
    clientInfo: { name: 'x', version: '1' },
    capabilities: { experimental: { x: { y: 'z'.repeat(70_000) } } },
  },
])('a client that says more of itself than 64 KiB gets no session', async (params) => {
  const client = createTestClient(testApp(), { era: 'legacy' });
  const request = client.request('initialize', { protocolVersion: '2025-11-25', ...params });
  await expect(request).rejects.toMatchObject({ rpcCode: -32602 });
  expect(client.sessionId).toBe(undefined);
});

test('the URIs a session subscribes to have a length together', async () => {
  await using client = createTestClient(testApp().add(note), { era: 'legacy' });
  await client.subscribe(`note://${'a'.repeat(100_000)}`);
  await expect(client.subscribe(`note://${'b'.repeat(100_000)}`)).rejects.toMatchObject({ rpcCode: -31429 });
  await client.subscribe('note://c');
});

test('the URIs a stream asks for have a length together', async () => {
  await using client = createTestClient(testApp().add(note));
  const resourceSubscriptions = ['a', 'b'].map((letter) => `note://${letter.repeat(100_000)}`);
  await expect(client.listen({ resourceSubscriptions }).acknowledged).rejects.toMatchObject({
    rpcCode: -32602,
  });
});

test('log lines hold the beginning of a long method and id', async () => {
  const logger = recordingLogger();
  const client = createTestClient(testApp({ logger }).use(log()), { era: 'legacy' });
  await client.send({ jsonrpc: '2.0', id: 'i'.repeat(100_000), method: 'm'.repeat(100_000) });
  expect(logger.lines).toHaveLength(1);
  expect(JSON.stringify(logger.lines).length).toBeLessThan(2_000);
});

test('with perTarget the resources of a template are counted together', async () => {
  const client = createTestClient(
    testApp()
      .use(rateLimit({ perMinute: 1, perTarget: true }))
      .add(note),
  );
  await client.read('note://1');
  await expect(client.read('note://2')).rejects.toMatchObject({ rpcCode: -31429 });
});
