import { createApp } from '@toolyard/core';
import { InvalidOptionError } from '@toolyard/core';
import { describe, expect, test } from 'vitest';

import { createHttpHandler, type HttpOptions } from '../src/index.ts';
import { demoApp } from './demo-app.ts';
import { callModern, initialize, initializeMessage, json, post, serve } from './helpers.ts';

describe('methods', () => {
  test.each(['PUT', 'PATCH', 'HEAD', 'TRACE_'])('%s gets 405 with what is allowed', async (method) => {
    const { url } = await serve(demoApp());
    const response = await fetch(url, { method: method === 'TRACE_' ? 'LINK' : method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST, DELETE, OPTIONS']);
  });

  test('GET and DELETE without a session id get 400', async () => {
    const { url } = await serve(demoApp());
    for (const method of ['GET', 'DELETE']) {
      const response = await fetch(url, { method });
      expect(response.status).toBe(400);
      expect(await json(response)).toMatchObject({
        id: null,
        error: { message: expect.stringContaining('Mcp-Session-Id') },
      });
    }
  });

  test('GET has to accept a stream', async () => {
    const { url } = await serve(demoApp());
    const session = await initialize(url);
    expect((await session.get({ accept: 'application/json' })).status).toBe(406);
  });

  test.each(['stateless', 'reject'] as const)('GET and DELETE get 405 where legacy is %s', async (legacy) => {
    const { url } = await serve(demoApp(), { legacy });
    for (const method of ['GET', 'DELETE']) {
      const response = await fetch(url, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
    }
  });
});

describe('paths', () => {
  test('other than that of MCP get 404', async () => {
    const { url, port } = await serve(demoApp());
    for (const path of ['/', '/mcp/', '/mcp/x', '/MCP', '/.well-known/oauth-protected-resource', '/mcp%2f']) {
      const response = await post(`http://127.0.0.1:${port}${path}`, initializeMessage());
      expect([path, response.status]).toEqual([path, 404]);
    }
    expect((await callModern(`${url}?from=here`, 'echo', { text: 'a query does no harm' })).status).toBe(200);
  });

  test('can be named', async () => {
    const { url } = await serve(demoApp(), { path: '/api/tools' });
    expect(new URL(url).pathname).toBe('/api/tools');
    expect((await callModern(url, 'echo', { text: 'hi' })).status).toBe(200);
  });
});

describe('health', () => {
  test('/healthz answers while the process does', async () => {
    const { port } = await serve(demoApp());
    const response = await fetch(`http://127.0.0.1:${port}/healthz`);
    expect([response.status, await response.text()]).toEqual([200, 'ok\n']);
  });

  test.each([
    [() => true, 200],
    [async () => true, 200],
    [() => false, 503],
    [() => Promise.reject(new Error('the database is away')), 503],
    [undefined, 200],
  ])('/readyz says whether the instance wants traffic (%#)', async (ready, status) => {
    const { port } = await serve(demoApp(), ready && { ready });
    const response = await fetch(`http://127.0.0.1:${port}/readyz`);
    expect(response.status).toBe(status);
    expect(await response.text()).toMatch(status === 200 ? /^ready/ : /^not ready/);
  });
});

describe('pages beside MCP', () => {
  const routes: HttpOptions['routes'] = {
    '/metrics': () => ({ body: 'up 1\n' }),
    '/gone': async () => ({ status: 410, headers: { 'content-type': 'text/html' }, body: '<p>gone' }),
    '/who': (request, principal) => ({ body: `${principal.id} asks for ${request.url}` }),
    '/broken': () => {
      throw new Error('the password is hunter2');
    },
  };
  const at = async (path: string, init?: RequestInit, options: HttpOptions = {}) => {
    const { port } = await serve(demoApp(), { routes, ...options });
    return fetch(`http://127.0.0.1:${port}${path}`, init);
  };

  test('are answered to GET with what they give', async () => {
    const metrics = await at('/metrics');
    expect([metrics.status, metrics.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(await metrics.text()).toBe('up 1\n');
    const gone = await at('/gone');
    expect([gone.status, gone.headers.get('content-type'), await gone.text()]).toEqual([
      410,
      'text/html',
      '<p>gone',
    ]);
    expect(await (await at('/who?a=b')).text()).toBe('anonymous asks for /who?a=b');
  });

  test('are answered to nothing else', async () => {
    for (const method of ['POST', 'DELETE', 'PUT']) {
      const response = await at('/metrics', { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, OPTIONS']);
    }
    for (const path of ['/metrics/', '/toString', '/__proto__', '/constructor'])
      expect((await at(path)).status).toBe(404);
    expect((await at('/metrics', {}, { path: '*' })).status).not.toBe(200);
  });

  test('that fail tell nobody why', async () => {
    const response = await at('/broken');
    expect([response.status, await response.text()]).toEqual([500, expect.not.stringContaining('hunter2')]);
  });
});

describe('clients of 2025', () => {
  test('are served one request at a time where legacy is stateless', async () => {
    const { url, handler } = await serve(demoApp(), { legacy: 'stateless' });
    const response = await post(url, initializeMessage());
    expect(response.headers.get('mcp-session-id')).toBeNull();
    expect(await json(response)).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
    const call = {
      jsonrpc: '2.0',
      id: 2,
      method: 'tools/call',
      params: { name: 'echo', arguments: { text: 'hi' } },
    };
    const answer = await json(post(url, call, { 'mcp-protocol-version': '2025-06-18' }));
    expect(answer).toMatchObject({ id: 2, result: { content: [{ text: 'hi' }] } });
    expect(answer.result).not.toHaveProperty('resultType');
    expect((await post(url, { jsonrpc: '2.0', method: 'notifications/initialized' })).status).toBe(202);
    expect((await post(url, [call])).status).toBe(400);
    expect(handler.sessionCount).toBe(0);
  });

  test('learn which revisions are served where legacy is rejected', async () => {
    const { url } = await serve(demoApp(), { legacy: 'reject' });
    const response = await post(url, initializeMessage());
    expect(response.status).toBe(400);
    expect(await json(response)).toMatchObject({
      id: 'init',
      error: { code: -32022, data: { supported: ['2026-07-28'] } },
    });
    expect((await post(url, { jsonrpc: '2.0', method: 'notifications/initialized' })).status).toBe(202);
    expect((await post(url, { jsonrpc: '2.0', id: 1, result: {} })).status).toBe(400);
    expect((await post(url, [initializeMessage()])).status).toBe(400);
    expect((await callModern(url, 'echo', { text: 'hi' })).status).toBe(200);
  });
});

test.each<[string, HttpOptions]>([
  ['path', { path: 'mcp' }],
  ['maxBodyBytes', { maxBodyBytes: 0 }],
  ['maxBodyBytes', { maxBodyBytes: Number.NaN }],
  ['keepAliveMs', { keepAliveMs: -1 }],
  ['legacy', { legacy: 'never' as never }],
  ['sessions.maxSessions', { sessions: { maxSessions: 0 } }],
  ['sessions.idleMs', { sessions: { idleMs: -1 } }],
  ['sessions.maxAgeMs', { sessions: { maxAgeMs: Number.NaN } }],
  ['sessions.resumeWindowMs', { sessions: { resumeWindowMs: 0 } }],
  ['sessions.events.maxEvents', { sessions: { events: { maxEvents: 0 } } }],
  ['publicUrl', { publicUrl: 'tools.example' }],
  ['allowedHosts', { allowedHosts: ['tools.example:9001'] }],
  ['allowedHosts', { allowedHosts: ['https://tools.example'] }],
  ['allowedOrigins', { allowedOrigins: ['https://tools.example/'] }],
  ['allowedOrigins', { allowedOrigins: ['tools.example'] }],
])('an option that cannot work is refused: %s (%#)', (option, options) => {
  const create = () => createHttpHandler(createApp({ name: 'demo', version: '1.0.0' }), options);
  expect(create).toThrow(InvalidOptionError);
  expect(create).toThrow(expect.objectContaining({ option }));
});
