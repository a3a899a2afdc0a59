// One of several nodes, for tests that end it. Prints its URL; SIGTERM drains it.
import { parseArgs } from 'node:util';

import type { App, AppOptions } from '@toolyard/core';
import { createClient } from 'redis';

import { serveHttp } from '../../src/index.ts';
import { redisState } from '../../src/redis.ts';
import { createNodeApp } from './node-app.ts';

const { values } = parseArgs({
  options: {
    /** Where Redis is; without it sessions live in this process. */
    redis: { type: 'string' },
    prefix: { type: 'string' },
    /** A module that makes another app: its URL, and the name of the function. */
    module: { type: 'string' },
    factory: { type: 'string', default: '' },
    running: { type: 'string' },
    waiting: { type: 'string', default: '1' },
  },
});

const app = await createApp();
const client = values.redis === undefined ? undefined : await connectRedis(values.redis);
const server = await serveHttp(app, {
  port: 0,
  sessions: { maxSessions: 10_000 },
  ...(client && { state: redisState(client, { prefix: values.prefix, timeoutMs: 500 }) }),
});
process.stdout.write(`${server.url}\n`);
process.once('SIGTERM', () => void stop());

async function createApp(): Promise<App<any, any>> {
  const { module, factory, running, waiting } = values;
  if (module === undefined) {
    return createNodeApp(running === undefined ? undefined : { running: +running, waiting: +waiting });
  }
  type Factory = (options: Partial<AppOptions>) => App<any, any>;
  const functions = (await import(module)) as Record<string, Factory>;
  // What one node seals for a client to bring back, any other has to open.
  return functions[factory]!({ secrets: ['a secret that all nodes of the test know'] });
}

async function connectRedis(url: string) {
  const redis = createClient({ url });
  redis.on('error', () => {});
  return redis.connect();
}

async function stop(): Promise<void> {
  await server.close();
  await app.close();
  client?.destroy();
}
