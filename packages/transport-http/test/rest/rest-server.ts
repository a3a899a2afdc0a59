import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import {
  createApp,
  defineTool,
  ProtocolError,
  result,
  ToolError,
  type App,
  type AppOptions,
} from '@toolyard/core';
import { onTestFinished } from 'vitest';
import { z } from 'zod';

import type { BesideHandler, RestOptions } from '../../src/rest.ts';
import { createRestHandler } from '../../src/rest.ts';

/** Listens on a free port of the loopback address until the test ends. */
export async function listen(handler: BesideHandler): Promise<{ url: string; port: number; server: Server }> {
  const server = createServer((request, response) => void handler.node(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await handler.close({ deadlineMs: 0 });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, server };
}

/** Serves an app's tools as REST until the test ends. */
export async function serveRest(app: App<any, any>, options: RestOptions = {}) {
  const handler = createRestHandler(app, options);
  return { ...(await listen(handler)), handler };
}

/** Calls a tool, with arguments or any other body. */
export function callTool(
  url: string,
  name: string,
  body: unknown = {},
  headers: Record<string, string> = {},
  init: RequestInit = {},
): Promise<Response> {
  return fetch(`${url}/tools/${name}`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** Status and JSON of an answer. */
export async function read(response: Response | Promise<Response>): Promise<[number, any]> {
  const answer = await response;
  return [answer.status, await answer.json()];
}

const add = defineTool({
  name: 'add',
  title: 'Add two numbers',
  description: 'Adds two numbers.',
  input: z.object({ a: z.number().describe('The first'), b: z.number().default(1) }),
  output: z.object({ sum: z.number() }),
  annotations: { readOnlyHint: true, idempotentHint: true },
  tags: ['math'],
  run: ({ a, b }) => ({ sum: a + b }),
});

const greet = defineTool({
  name: 'greet',
  input: z.object({ name: z.string() }),
  run: ({ name }) => `Hello, ${name}!`,
});

const full = defineTool({
  name: 'full',
  errors: [{ code: 'DISK_FULL', description: 'No space is left.', retryable: true }],
  run() {
    throw new ToolError('DISK_FULL', 'The disk is full; free some space.', { data: { freeBytes: 0 } });
  },
});

const broken = defineTool({
  name: 'broken',
  run() {
    throw new Error('the password is hunter2');
  },
});

const unwell = defineTool({
  name: 'unwell',
  run: () => result({ isError: true, content: [{ type: 'text', text: 'It did not work.' }] }),
});

const teapot = defineTool({
  name: 'teapot',
  run() {
    throw new ProtocolError(418, 'I am a teapot.', { data: { code: 'TEAPOT' } });
  },
});

const secret = defineTool({
  name: 'secret',
  access: { scopes: ['read', 'admin'] },
  run: () => 'the secret',
});
const hidden = defineTool({ name: 'hidden', access: { roles: ['admin'] }, run: () => 'hidden' });

/** Tells three steps, then what it counted. */
const steps = defineTool({
  name: 'steps',
  async run(_args, call) {
    for (let step = 1; step <= 3; step += 1)
      call.progress({ progress: step, total: 3, message: `step ${step}` });
    return { counted: 3 };
  },
});

export function restApp(options: Partial<AppOptions> = {}) {
  const app = createApp({ name: 'shop', version: '1.2.3', ...options });
  return app.add(add, greet, full, broken, unwell, teapot, secret, hidden, steps);
}
