import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll } from 'vitest';

/** Where tests find Redis. */
export const REDIS_URL = process.env['TOOLYARD_REDIS_URL'] ?? 'redis://127.0.0.1:6379';

/** Keys of one test run. They are deleted at its end. */
export const PREFIX = `{toolyard-test-${crypto.randomUUID()}}:`;

/** A connected client of the package `redis`. */
export async function nodeRedis(url = REDIS_URL) {
  const client = createClient({ url, socket: { connectTimeout: 2000 } });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** A connected client of the package `ioredis`. */
export async function ioRedis(url = REDIS_URL): Promise<Redis> {
  const client = new Redis(url, { lazyConnect: true });
  client.on('error', () => {});
  await client.connect();
  return client;
}

const isReachable = await reach();
if (!isReachable) process.stderr.write(`Redis does not answer at ${REDIS_URL}: its tests are skipped.\n`);

/** Whether tests that need Redis run: not where there is none, but with `CI=true` they do and fail. */
export const hasRedis = isReachable || process.env['CI'] === 'true';

afterAll(async () => {
  if (isReachable) await deleteKeys();
});

async function reach(): Promise<boolean> {
  const client = createClient({ url: REDIS_URL, socket: { connectTimeout: 1000, reconnectStrategy: false } });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.ping();
    client.destroy();
    return true;
  } catch {
    return false;
  }
}

async function deleteKeys(): Promise<void> {
  const client = await nodeRedis();
  const keys: string[] = [];
  for await (const some of client.scanIterator({ MATCH: `${PREFIX}*`, COUNT: 500 })) keys.push(...some);
  if (keys.length > 0) await client.del(keys);
  client.destroy();
}
