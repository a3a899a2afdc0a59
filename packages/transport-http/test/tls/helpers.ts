import type { App, Logger } from '@toolyard/core';
import { onTestFinished } from 'vitest';

import { serveHttp, type SecureHttpServer, type ServeOptions } from '../../src/index.ts';
import type { TlsOptions } from '../../src/tls/options.ts';
import { modern } from '../helpers.ts';
import type { HttpsFetch } from './https-fetch.ts';

/** Serves an app over TLS on a free port until the test ends. The url names `localhost`, as the certificates do. */
export async function serveTls(
  app: App<any, any>,
  tls: TlsOptions,
  options: ServeOptions = {},
): Promise<SecureHttpServer> {
  const server = await serveHttp(app, { port: 0, ...options, tls });
  onTestFinished(() => server.close({ deadlineMs: 0 }));
  return { ...server, url: server.url.replace('127.0.0.1', 'localhost') };
}

/** Calls a tool of the demo app as a client of the 2026 era does. */
export async function call(request: HttpsFetch, url: string, name: string, args = {}): Promise<Response> {
  const { body, headers } = modern('tools/call', { name, arguments: args });
  return request(url, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
  });
}

/** A logger, and all that it was told: the level, the sentence, and everything as one text. */
export function recordedLog() {
  const lines: { level: string; message: string | undefined; text: string }[] = [];
  const at = (level: string) => (fields: Record<string, unknown>, message?: string) => {
    const { err } = fields;
    const cause = err instanceof Error ? [err.message, err.stack, err.cause] : [];
    lines.push({ level, message, text: [JSON.stringify(fields), ...cause.map(String), message].join(' ') });
  };
  const logger: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return {
    logger,
    lines,
    of: (level: string) => lines.filter((line) => line.level === level).map(({ text }) => text),
  };
}
