import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createApp, defineTool, type LogFields } from '@toolyard/core';
import { describe, expect, onTestFinished, test } from 'vitest';

import { challenge } from '../../src/endpoint/auth.ts';
import { createHttpHandler } from '../../src/handler.ts';
import { createRestHandler, rest } from '../../src/rest.ts';
import { heldTool } from '../demo-app.ts';
import { callModern, until } from '../helpers.ts';
import { callTool, listen, read, restApp, serveRest } from './rest-server.ts';

/** What a held tool gives. */
const RELEASED = { content: [{ type: 'text', text: 'released' }] };

/** Every route, with a method it answers. */
const ROUTES = [
  ['GET', '/tools'],
  ['GET', '/tools/add'],
  ['POST', '/tools/add'],
  ['POST', '/tools/add:continue'],
  ['POST', '/tools:batch'],
  ['GET', '/openapi.json'],
  ['GET', '/docs'],
  ['GET', '/elsewhere'],
] as const;

describe('every route', () => {
  test('refuses a foreign Host and a foreign Origin, also of preflights', async () => {
    const handler = createRestHandler(restApp());
    for (const [method, path] of ROUTES) {
      for (const each of [method, 'OPTIONS']) {
        const ask = (host: string, origin?: string) =>
          handler.fetch(
            new Request(`http://${host}${path}`, {
              method: each,
              ...(origin !== undefined && { headers: { origin } }),
            }),
          );
        expect([path, (await ask('evil.example')).status]).toEqual([path, 403]);
        expect([path, (await ask('127.0.0.1', 'https://evil.example')).status]).toEqual([path, 403]);
        expect([path, (await ask('127.0.0.1', 'null')).status]).toEqual([path, 403]);
      }
    }
  });

  test('asks for credentials, but for preflights', async () => {
    const { url } = await serveRest(restApp(), { auth: () => challenge({ description: 'Bring a key.' }) });
    for (const [method, path] of ROUTES) {
      const response = await fetch(url + path, { method });
      expect(response.headers.get('www-authenticate')).toContain('Bearer');
      expect([path, ...(await read(response))]).toMatchObject([
        path,
        401,
        { code: 'UNAUTHENTICATED', detail: 'Bring a key.' },
      ]);
      expect((await fetch(url + path, { method: 'OPTIONS' })).status).toBe(204);
    }
  });

  test('answers pages of an allowed origin, failures too, with what they may read', async () => {
    const { url } = await serveRest(restApp(), { allowedOrigins: ['https://app.example'] });
    const origin = 'https://app.example';
    for (const [method, path] of ROUTES) {
      const response = await fetch(url + path, { method, headers: { origin } });
      expect([path, response.headers.get('access-control-allow-origin')]).toEqual([path, origin]);
      expect(response.headers.get('access-control-expose-headers')).toContain('Retry-After');
      expect(response.headers.get('vary')).toMatch(/^Origin/);
      const preflight = await fetch(url + path, { method: 'OPTIONS', headers: { origin } });
      expect(preflight.headers.get('access-control-allow-headers')).toContain('Idempotency-Key');
      expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, POST, OPTIONS');
    }
  });

  test('allows its own methods alone', async () => {
    const { url } = await serveRest(restApp());
    for (const [path, allowed] of [
      ['/tools', 'GET, OPTIONS'],
      ['/tools/add', 'GET, POST, OPTIONS'],
      ['/tools/add:continue', 'POST, OPTIONS'],
      ['/tools:batch', 'POST, OPTIONS'],
      ['/openapi.json', 'GET, OPTIONS'],
      ['/docs', 'GET, OPTIONS'],
    ]) {
      for (const method of ['PUT', 'DELETE', 'PATCH']) {
        const response = await fetch(url + path, { method });
        expect([path, response.status, response.headers.get('allow')]).toEqual([path, 405, allowed]);
      }
    }
  });
});

describe('bodies', () => {
  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'that forms can send get 415: %s',
    async (type) => {
      const { url } = await serveRest(restApp());
      const answer = await read(callTool(url, 'add', { a: 1 }, { 'content-type': type }));
      expect(answer).toMatchObject([415, { code: 'UNSUPPORTED_MEDIA_TYPE' }]);
    },
  );

  test('of an unknown type get 415', async () => {
    const { url } = await serveRest(restApp());
    const response = await fetch(`${url}/tools/add`, { method: 'POST', body: new Uint8Array([123, 125]) });
    expect(response.status).toBe(415);
  });

  test('that are too large get 413, announced or not', async () => {
    const { url } = await serveRest(restApp(), { maxBodyBytes: 100 });
    const large = JSON.stringify({ a: 1, note: 'x'.repeat(200) });
    expect(await read(callTool(url, 'add', large))).toMatchObject([413, { code: 'BODY_TOO_LARGE' }]);
    const body = new Blob([large]).stream();
    const chunked = callTool(url, 'add', {}, {}, { body, duplex: 'half' });
    expect((await chunked).status).toBe(413);
  });

  test.each(['{', '[', '['.repeat(100_000), '"', 'undefined'])(
    'that are not JSON get 400 (%#)',
    async (body) => {
      const { url } = await serveRest(restApp());
      expect(await read(callTool(url, 'add', body))).toMatchObject([400, { code: 'INVALID_JSON' }]);
    },
  );

  test.each(['[]', 'null', '7', '"text"'])('that are no object get 400: %s', async (body) => {
    const { url } = await serveRest(restApp());
    expect(await read(callTool(url, 'add', body))).toMatchObject([400, { code: 'INVALID_ARGUMENTS' }]);
  });

  test('with the names of prototypes change nothing', async () => {
    const { url } = await serveRest(restApp());
    const body = '{"a":1,"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
    expect(await read(callTool(url, 'add', body))).toEqual([200, { sum: 2 }]);
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('a handler', () => {
  test('serves below a path of its own, and hands other paths on', async () => {
    const handler = createRestHandler(restApp(), { path: '/api' });
    expect(['/api/tools', '/api/tools/x', '/tools', '/api', '/apitools'].map(handler.owns)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    const server = createServer((request, response) => {
      void handler.node(request, response, () => void response.writeHead(418).end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await read(callTool(`${url}/api`, 'add', { a: 1 }))).toEqual([200, { sum: 2 }]);
    expect((await fetch(`${url}/mcp`)).status).toBe(418);
    server.closeAllConnections();
    server.close();
  });

  test('and MCP share a server, each on its own paths', async () => {
    const app = restApp();
    const [api, mcp] = [createRestHandler(app), createHttpHandler(app)];
    const server = createServer((request, response) => {
      void api.node(request, response, () => void mcp.node(request, response));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      await Promise.all([api.close(), mcp.close()]);
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const overMcp = await read(callModern(`${url}/mcp`, 'add', { a: 1 }));
    expect(overMcp).toMatchObject([200, { result: { structuredContent: { sum: 2 } } }]);
    expect(await read(callTool(url, 'add', { a: 1 }))).toEqual([200, { sum: 2 }]);
  });

  test('without docs has no such page', async () => {
    const { url } = await serveRest(restApp(), { docs: false });
    expect((await fetch(`${url}/docs`)).status).toBe(404);
  });

  test('takes guards and auth over from the server it is added to', async () => {
    const shared = { auth: () => challenge(), publicUrl: 'https://tools.example/mcp' };
    const handler = rest({ path: '/api' })(restApp(), shared);
    expect((await handler.fetch(new Request('https://tools.example/api/tools'))).status).toBe(401);
    expect((await handler.fetch(new Request('https://other.example/api/tools'))).status).toBe(403);
  });

  test('that is closed refuses, lets what runs finish, and gives up what does not', async () => {
    const { tool, state } = heldTool();
    const { url, handler } = await serveRest(createApp({ name: 'demo', version: '1.0.0' }).add(tool));
    const running = read(callTool(url, 'held'));
    await until(() => state.started === 1);
    const closing = handler.close({ deadlineMs: 5000 });
    const late = await fetch(`${url}/tools`);
    expect([late.status, late.headers.get('retry-after')]).toEqual([503, '1']);
    state.release();
    expect(await running).toEqual([200, RELEASED]);
    await closing;

    const second = heldTool();
    const other = await serveRest(createApp({ name: 'demo', version: '1.0.0' }).add(second.tool));
    const stuck = callTool(other.url, 'held');
    await until(() => second.state.started === 1);
    await other.handler.close({ deadlineMs: 20 });
    const answer = await stuck;
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(await read(answer)).toMatchObject([503, { code: 'SHUTTING_DOWN' }]);
  });

  test('tells nobody but the log why an auth function broke', async () => {
    const lines: LogFields[] = [];
    const record = (fields: LogFields) => void lines.push(fields);
    const logger = { debug: record, info: record, warn: record, error: record };
    const { url } = await serveRest(restApp({ logger }), {
      auth: () => {
        throw new Error('the password is hunter2');
      },
    });
    const [status, problem] = await read(fetch(`${url}/tools`));
    expect([status, problem.code, JSON.stringify(problem).includes('hunter2')]).toEqual([
      500,
      'INTERNAL',
      false,
    ]);
    expect(lines).toMatchObject([{ path: '/tools', err: { message: 'the password is hunter2' } }]);
  });

  test('is served by fetch as by node', async () => {
    const handler = createRestHandler(restApp());
    const ask = (path: string, init?: RequestInit) =>
      handler.fetch(new Request(`http://localhost${path}`, init));
    const headers = { 'content-type': 'application/json' };
    expect(await read(ask('/tools/add', { method: 'POST', headers, body: '{"a":1}' }))).toEqual([
      200,
      { sum: 2 },
    ]);
    expect(await read(ask('/nothing'))).toMatchObject([404, { code: 'NOT_FOUND' }]);
    const stream = await ask('/tools/steps', { method: 'POST', headers: { accept: 'text/event-stream' } });
    expect((await stream.text()).match(/^event: \w+/gm)).toEqual([
      'event: progress',
      'event: progress',
      'event: progress',
      'event: result',
    ]);
  });
});

test('a tool that throws in its filter harms nobody else', async () => {
  const odd = defineTool({
    name: 'odd',
    access: {
      allow() {
        throw new Error('the password is hunter2');
      },
    },
    run: () => 1,
  });
  const handler = createRestHandler(createApp({ name: 'demo', version: '1.0.0' }).add(odd));
  const { url } = await listen(handler);
  const [status, problem] = await read(fetch(`${url}/tools`));
  expect([status, problem.code, JSON.stringify(problem).includes('hunter2')]).toEqual([
    500,
    'INTERNAL',
    false,
  ]);
});
