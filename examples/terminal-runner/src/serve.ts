import { serveStdio } from '@toolyard/core/stdio';
import { serveHttp } from '@toolyard/transport-http';
import { apiKeys, hashApiKey, type ApiKey } from '@toolyard/transport-http/auth';
import { sse } from '@toolyard/transport-http/sse';

import type { Telemetry } from './telemetry/telemetry.ts';
import type { TerminalServer } from './server.ts';
import type { TerminalConfig } from './terminal-config.ts';

/** How long running calls may take once the server is told to end. With all that follows it fits in the 10 s of `docker stop`. */
const DRAIN_MS = 4_000;

const PROMETHEUS_TEXT = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' };

/** The app, within reach of clients. */
export interface Serving {
  /** Where HTTP clients connect. */
  readonly url?: string;
  /** Over stdio: resolves when the client has gone. */
  readonly closed?: Promise<void>;
  /** Takes no new calls, lets running ones finish for a while, and closes the app. */
  close(): Promise<void>;
}

/** Serves over stdio or HTTP, whichever is configured. */
export async function serve(
  terminal: TerminalServer,
  config: TerminalConfig,
  telemetry: Telemetry,
): Promise<Serving> {
  const { app } = terminal;
  const server = config.stdio ? serveStdio(app) : await listen(terminal, config, telemetry);
  return {
    ...('url' in server ? { url: server.url } : { closed: server.closed }),
    async close() {
      try {
        await server.close({ deadlineMs: DRAIN_MS });
      } finally {
        // Nothing runs any more. What is left is to end programs, the calculator and the store.
        await app.close({ deadlineMs: 0 });
      }
    },
  };
}

async function listen({ app, isReady }: TerminalServer, config: TerminalConfig, telemetry: Telemetry) {
  const { port, host, publicUrl, apiKey } = config;
  const keys = await Promise.all(apiKey.map(holderOf));
  return serveHttp(app, {
    port,
    host,
    ready: isReady,
    // For clients of 2024: GET /sse and POST /messages.
    also: [sse()],
    ...(publicUrl !== undefined && { publicUrl }),
    // The configuration allows no address but loopback without a key.
    ...(keys.length > 0 && { auth: apiKeys(keys) }),
    routes: {
      '/metrics': async () => ({ headers: PROMETHEUS_TEXT, body: await telemetry.prometheusText() }),
    },
  });
}

/** Whoever has the key. Named after the key and not its place in the list: the notes of a principal stay its own when keys come and go. */
async function holderOf(key: string): Promise<ApiKey> {
  const digest = await hashApiKey(key);
  return { digest, principal: { id: `key-${digest.slice(0, 12)}`, scopes: '*' } };
}
