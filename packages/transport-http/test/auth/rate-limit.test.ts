import { randomUUID } from 'node:crypto';

import { rateLimit } from '@toolyard/core/middleware';
import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { expect, onTestFinished, test } from 'vitest';

import { apiKeyRing, apiKeys } from '../../src/auth.ts';
import { callModern, json } from '../helpers.ts';
import { serveAt, toolsApp } from './helpers.ts';

const url = process.env['TOOLYARD_REDIS_URL'] ?? 'redis://127.0.0.1:6379';

async function connect(): Promise<Redis | undefined> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    client.disconnect();
    if (process.env['CI'] === 'true') throw error;
    return undefined;
  }
}

test('a limit per principal holds over several servers that count in Redis', async ({ skip }) => {
  const client = await connect();
  if (!client) return skip(`No Redis at ${url}.`);
  const keyPrefix = `toolyard-test-${randomUUID()}`;
  onTestFinished(async () => {
    const keys = await client.keys(`${keyPrefix}*`);
    if (keys.length > 0) await client.del(keys);
    client.disconnect();
  });
  const ring = apiKeyRing();
  const [ada, grace] = await Promise.all(
    ['ada', 'grace'].map((id) => ring.issue({ principal: { id, scopes: [] } })),
  );
  const nodes = await Promise.all(
    [1, 2].map(() => {
      const limiter = new RateLimiterRedis({ storeClient: client, keyPrefix, points: 4, duration: 60 });
      const app = toolsApp().use('tools/call', rateLimit({ limiter }));
      return serveAt(app, () => ({ auth: apiKeys(ring) }));
    }),
  );
  const call = (node: number, key: string) => callModern(nodes[node]!.url, 'who', {}, { 'x-api-key': key });

  for (const node of [0, 1, 0, 1]) expect(await json(call(node, ada!.key))).toHaveProperty('result');
  for (const node of [0, 1]) {
    const { error } = await json(call(node, ada!.key));
    expect(error.data).toMatchObject({ code: 'LIMIT_EXCEEDED', retryAfterMs: expect.any(Number) });
    expect(error.data.retryAfterMs).toBeGreaterThan(50_000);
  }
  expect(await json(call(0, grace!.key))).toHaveProperty('result');
  // A rotated key is the same principal, and the same count.
  const next = await ring.rotate(ada!.record.id);
  expect(await json(call(1, next.key))).toHaveProperty('error.data.code', 'LIMIT_EXCEEDED');
});
