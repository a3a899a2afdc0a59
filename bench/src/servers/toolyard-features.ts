import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, defineTool, type Logger, type MethodMiddleware } from '@toolyard/core';
import { audit, cache, rateLimit, telemetry } from '@toolyard/core/middleware';
import { memoryStore, sqliteAuditSink } from '@toolyard/core/stores';
import { serveHttp } from '@toolyard/transport-http';
import { apiKeys, hashApiKey } from '@toolyard/transport-http/auth';
import { z } from 'zod';
import { runServer } from '../harness/run-server.ts';
import { apiKey, type Feature } from './features.ts';

// One echo tool, and what `--feature` names around it.

const echo = defineTool({
  name: 'echo',
  input: z.object({ text: z.string() }),
  annotations: { readOnlyHint: true },
  run: ({ text }) => ({ text }),
});

const middleware: Record<Exclude<Feature, 'plain' | 'auth' | 'all'>, () => MethodMiddleware<'tools/call'>> = {
  telemetry: () => telemetry(),
  audit: () => audit({ sink: sqliteAuditSink({ path: join(scratchFolder(), 'audit.sqlite') }) }),
  'rate-limit': () => rateLimit({ perMinute: 1_000_000_000 }),
  cache: () => cache({ store: memoryStore({ maxEntries: 10_000 }), ttlMs: 3_600_000 }),
};

/** A record that is lost, above all: the figures would be too good. */
const failOnError: Logger = {
  debug() {},
  info() {},
  warn() {},
  error(fields, message) {
    console.error(message, fields);
    process.exit(1);
  },
};

await runServer(async ({ feature = 'plain' }) => {
  const app = createApp({ name: 'bench', version: '1.0.0', logger: failOnError });
  for (const [name, create] of Object.entries(middleware)) {
    if (feature === name || (feature === 'all' && name !== 'cache')) app.use('tools/call', create());
  }
  app.add(echo);
  const auth = apiKeys([{ digest: await hashApiKey(apiKey), principal: { id: 'bench', scopes: [] } }]);
  const withAuth = feature === 'auth' || feature === 'all';
  const { url } = await serveHttp(app, { port: 0, ...(withAuth && { auth }) });
  return url;
});

function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'toolyard-bench-'));
  process.once('SIGTERM', () => process.exit());
  process.once('exit', () => rmSync(folder, { recursive: true }));
  return folder;
}
