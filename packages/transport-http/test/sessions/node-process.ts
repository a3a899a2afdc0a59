// One node of a server on Redis or a database file, for tests that end it. Prints its URL.
import { defineTool } from '@toolyard/core';
import { createClient } from 'redis';

import { serveHttp, type HttpState } from '../../src/index.ts';
import { redisState } from '../../src/redis.ts';
import { sqliteState } from '../../src/stores.ts';
import { processApp } from './process-app.ts';

const [url, prefix] = process.argv.slice(2) as [string, string];
const app = processApp();
app.add(
  defineTool({
    name: 'grow',
    run() {
      app.add(defineTool({ name: `grown_${crypto.randomUUID().slice(0, 8)}`, run: () => 'grown' }));
    },
  }),
);
const server = await serveHttp(app, { port: 0, state: await openState() });
process.stdout.write(`${server.url}\n`);

async function openState(): Promise<HttpState> {
  if (url.startsWith('file:')) return sqliteState({ path: url.slice('file:'.length) });
  const client = createClient({ url });
  client.on('error', () => {});
  await client.connect();
  return redisState(client, { prefix });
}
