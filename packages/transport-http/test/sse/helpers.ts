import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { App } from '@toolyard/core';
import { onTestFinished } from 'vitest';

import { createSseHandler, type SseHandler, type SseOptions } from '../../src/sse.ts';
import { post } from '../helpers.ts';
import { readEvents, type EventReader } from '../sse-reader.ts';

type Headers = Record<string, string>;

/** Serves an app over HTTP+SSE on a free port until the test ends. */
export async function serveSse(app: App<any, any>, options: SseOptions = {}) {
  const handler = createSseHandler(app, options);
  return { handler, ...(await listen(handler)) };
}

/** Serves a handler on a free port until the test ends. */
export async function listen(handler: Pick<SseHandler, 'node' | 'close'>) {
  const server = createServer((incoming, response) => void handler.node(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await handler.close({ deadlineMs: 0 });
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { base: `http://127.0.0.1:${port}`, port, server };
}

/** A client of the transport, as raw as it can be. */
export interface SseClient {
  readonly response: Response;
  readonly events: EventReader;
  /** Where the endpoint event said to post. */
  readonly endpoint: string;
  post(message: unknown, headers?: Headers): Promise<Response>;
  /** Posts a request and reads the message that comes next. */
  ask(method: string, params?: object): Promise<any>;
  close(): void;
}

/** Opens a stream and reads where to post. */
export async function openSse(base: string, headers: Headers = {}): Promise<SseClient> {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const response = await fetch(`${base}/sse`, {
    signal: controller.signal,
    headers: { accept: 'text/event-stream', ...headers },
  });
  if (response.status !== 200) throw new Error(`GET: ${response.status} ${await response.text()}`);
  const events = readEvents(response, () => controller.abort());
  const endpoint = (await events.next())!.data!;
  let lastId = 0;
  const send: SseClient['post'] = (message, more = {}) =>
    post(new URL(endpoint, base).href, message, { ...headers, ...more });
  return {
    response,
    events,
    endpoint,
    post: send,
    async ask(method, params = {}) {
      await send({ jsonrpc: '2.0', id: (lastId += 1), method, params });
      return events.message();
    },
    close: () => events.close(),
  };
}

/** Opens a stream and a session on it. */
export async function initializeSse(
  base: string,
  { headers = {}, version = '2024-11-05', capabilities = {} }: InitializeOptions = {},
): Promise<SseClient> {
  const client = await openSse(base, headers);
  const clientInfo = { name: 'test', version: '1.0.0' };
  await client.ask('initialize', { protocolVersion: version, capabilities, clientInfo });
  await client.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
  return client;
}

interface InitializeOptions {
  readonly headers?: Headers;
  readonly version?: string;
  readonly capabilities?: object;
}

/** What a request gets whose Host and Origin are chosen freely, which fetch does not allow. */
export function status(port: number, method: string, path: string, headers: Headers): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers });
    outgoing.on('error', reject).on('response', (response) => {
      resolve(response.statusCode!);
      response.on('error', () => {}).destroy();
    });
    outgoing.end();
  });
}
