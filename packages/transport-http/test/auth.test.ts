import type { IncomingMessage } from 'node:http';

import { createApp, defineTool, type LogFields, type Principal } from '@toolyard/core';
import { describe, expect, test } from 'vitest';

import { challenge, type Authenticate, type Challenge } from '../src/index.ts';
import { apiKeys, hashApiKey } from '../src/auth.ts';
import { demoApp } from './demo-app.ts';
import { callModern, initialize, json, post, serve } from './helpers.ts';
import { readEvents } from './sse-reader.ts';

const who = defineTool({
  name: 'who',
  run: (_args, call) => JSON.stringify({ ...call.principal, tenant: call.tenant }),
});
const secret = defineTool({ name: 'secret', access: { scopes: ['read', 'admin'] }, run: () => 'the secret' });

function createDemo(logger?: Parameters<typeof createApp>[0]['logger']) {
  return createApp({ name: 'demo', version: '1.0.0', ...(logger && { logger }) }).add(who, secret);
}

const textOf = async (response: Response) => (await json(response)).result.content[0].text;

describe('the principal that auth gives', () => {
  const ada: Principal = {
    id: 'ada',
    issuer: 'https://id.example',
    clientId: 'cli',
    scopes: ['read'],
    roles: ['dev'],
  };

  test('reaches the call, with its tenant, in both eras', async () => {
    const { url } = await serve(createDemo(), {
      auth: async () => ada,
      tenant: (principal, request) => `${principal.roles?.[0]}-${request.header('X-Region')}`,
    });
    const expected = { ...ada, tenant: 'dev-eu' };
    const headers = { 'x-region': 'eu' };
    expect(JSON.parse(await textOf(await callModern(url, 'who', {}, headers)))).toEqual(expected);
    const session = await initialize(url, { headers });
    expect(JSON.parse(await textOf(await session.call('who')))).toEqual(expected);
  });

  test('decides about access: a tool beyond its scopes is 403 and names them', async () => {
    const { url } = await serve(createDemo(), { auth: () => ada });
    const session = await initialize(url);
    for (const response of [await callModern(url, 'secret'), await session.call('secret')]) {
      expect(response.status).toBe(403);
      expect(response.headers.get('www-authenticate')).toBe(
        'Bearer error="insufficient_scope", scope="read admin"',
      );
      expect(await json(response)).toMatchObject({ error: { data: { scopes: ['read', 'admin'] } } });
    }
  });

  test('is anonymous where nobody is asked', async () => {
    const { url } = await serve(createDemo());
    expect(JSON.parse(await textOf(await callModern(url, 'who')))).toEqual({ id: 'anonymous', scopes: [] });
    expect((await callModern(url, 'secret')).status).toBe(403);
  });
});

describe('what auth is asked', () => {
  test('is every request but health and preflight, with all it may need', async () => {
    const seen: string[] = [];
    const auth: Authenticate = (request) => {
      seen.push(
        `${request.method} ${request.url} ${request.header('Authorization')} ${(request.original as IncomingMessage).httpVersion}`,
      );
      return challenge();
    };
    const { url, port } = await serve(demoApp(), { auth, routes: { '/metrics': () => ({ body: '' }) } });
    const authorization = 'Bearer abc';
    const at = (path: string) => `http://127.0.0.1:${port}${path}`;
    for (const method of ['GET', 'POST', 'DELETE', 'PUT']) {
      expect((await fetch(`${url}?a=b`, { method, headers: { authorization } })).status).toBe(401);
    }
    expect((await fetch(at('/metrics'), { headers: { authorization } })).status).toBe(401);
    expect(seen).toEqual([
      ...['GET', 'POST', 'DELETE', 'PUT'].map((method) => `${method} /mcp?a=b Bearer abc 1.1`),
      'GET /metrics Bearer abc 1.1',
    ]);
    for (const [method, path] of [
      ['GET', '/healthz'],
      ['GET', '/readyz'],
      ['OPTIONS', '/mcp'],
      ['GET', '/elsewhere'],
    ] as const) {
      await fetch(at(path), { method });
    }
    expect(seen).toHaveLength(5);
  });
});

describe('a refusal', () => {
  test('says in WWW-Authenticate what is missing', async () => {
    const refusal = challenge({
      error: 'invalid_token',
      description: 'The "token" is too old\r\nX-Evil: 1',
      scopes: ['read', 'write'],
      resourceMetadata: 'https://tools.example/.well-known/oauth-protected-resource/mcp',
    });
    const { url } = await serve(demoApp(), { auth: () => refusal });
    const response = await callModern(url, 'echo', { text: 'hi' });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer error="invalid_token", error_description="The token is too oldX-Evil: 1", scope="read write", ' +
        'resource_metadata="https://tools.example/.well-known/oauth-protected-resource/mcp"',
    );
    expect(response.headers.get('x-evil')).toBeNull();
    expect(await json(response)).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32000 } });
  });

  test.each<[Parameters<typeof challenge>[0], number, string]>([
    [undefined, 401, 'Bearer'],
    [{ scheme: 'Basic' }, 401, 'Basic'],
    [
      { status: 403, error: 'insufficient_scope', scopes: ['a'] },
      403,
      'Bearer error="insufficient_scope", scope="a"',
    ],
  ])('made from %j', async (options, status, header) => {
    const { url } = await serve(demoApp(), { auth: () => challenge(options) });
    const response = await callModern(url, 'echo', { text: 'hi' });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([status, header]);
  });

  test('comes before anything is read of the body, and before 404 for sessions', async () => {
    const { url } = await serve(demoApp(), { auth: () => challenge() });
    for (const body of ['{', '[]', ' '.repeat(5_000_000)]) expect((await post(url, body)).status).toBe(401);
    expect((await post(url, '{}', { 'mcp-session-id': 'x', 'content-type': 'text/plain' })).status).toBe(401);
  });
});

describe('an auth function that fails', () => {
  test.each<[string, Authenticate]>([
    [
      'throws',
      () => {
        throw new Error('password=hunter2');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('password=hunter2'))],
    ['forgets to answer', () => undefined as never],
    ['answers with null', () => null as never],
    [
      'makes a header that cannot be sent',
      () =>
        ({
          challenge: true,
          status: 401,
          headers: { 'www-authenticate': 'a\nb' },
          message: '',
        }) satisfies Challenge,
    ],
  ])('because it %s lets nobody in, and tells nobody why', async (_how, auth) => {
    const lines: [LogFields, string | undefined][] = [];
    const logger = {
      debug() {},
      info() {},
      warn() {},
      error: (fields: LogFields, message?: string) => void lines.push([fields, message]),
    };
    const { url } = await serve(createDemo(logger), { auth });
    const response = await callModern(url, 'who');
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(text).not.toContain('hunter2');
    expect(JSON.parse(text)).toMatchObject({
      jsonrpc: '2.0',
      id: null,
      error: { code: -32603, message: 'Internal error' },
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]![0]['err']).toBeInstanceOf(Error);
  });
});

describe('API keys', () => {
  const KEY = 'k-8f14e45fceea167a5a36dedd4bea2543';
  const OTHER = 'k-c9f0f895fb98ab9159f51fd0297e236d';

  async function serveWithKeys() {
    return serve(createDemo(), {
      auth: apiKeys([
        { digest: await hashApiKey(KEY), principal: { id: 'ci', scopes: ['read', 'admin'] } },
        { digest: await hashApiKey(OTHER), principal: { id: 'guest', scopes: [] } },
      ]),
    });
  }

  test('stand for principals with their scopes', async () => {
    const { url } = await serveWithKeys();
    for (const headers of [
      { 'x-api-key': KEY },
      { authorization: `Bearer ${KEY}` },
      { authorization: `bearer  ${KEY}` },
    ]) {
      expect(JSON.parse(await textOf(await callModern(url, 'who', {}, headers)))).toEqual({
        id: 'ci',
        scopes: ['read', 'admin'],
      });
    }
    expect((await callModern(url, 'secret', {}, { 'x-api-key': KEY })).status).toBe(200);
    expect((await callModern(url, 'secret', {}, { 'x-api-key': OTHER })).status).toBe(403);
  });

  test.each<[string, Record<string, string>]>([
    ['none', {}],
    ['an empty one', { 'x-api-key': '' }],
    ['a wrong one', { 'x-api-key': `${KEY}0` }],
    ['half of one', { 'x-api-key': KEY.slice(0, 20) }],
    ['its digest', { 'x-api-key': 'b'.repeat(64) }],
    ['the prototype', { 'x-api-key': '__proto__' }],
    ['two at once', { 'x-api-key': `${KEY}, ${KEY}` }],
    ['a right one in another scheme', { authorization: `Basic ${KEY}` }],
    ['a right one without a scheme', { authorization: KEY }],
    ['a cookie', { cookie: `x-api-key=${KEY}` }],
  ])('%s gets 401', async (_what, headers) => {
    const { url } = await serveWithKeys();
    const response = await callModern(url, 'who', {}, headers);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(await response.text()).not.toContain(KEY);
  });

  test('are never taken from the query', async () => {
    const { url } = await serveWithKeys();
    for (const name of ['api_key', 'x-api-key', 'access_token', 'token', 'key']) {
      expect((await callModern(`${url}?${name}=${KEY}`, 'who')).status).toBe(401);
    }
  });

  test('own the sessions they open', async () => {
    const { url } = await serveWithKeys();
    const session = await initialize(url, { headers: { 'x-api-key': KEY } });
    readEvents(await session.get()).close();
    const foreign = await post(
      url,
      { jsonrpc: '2.0', id: 1, method: 'ping' },
      { ...session.headers, 'x-api-key': OTHER },
    );
    expect(foreign.status).toBe(404);
    expect((await session.send('ping')).status).toBe(200);
  });

  test('are kept as digests alone', async () => {
    expect(await hashApiKey(KEY)).toMatch(/^[\da-f]{64}$/);
    expect(await hashApiKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    for (const digest of [KEY, '', 'B'.repeat(64), `${'b'.repeat(64)}\n`]) {
      expect(() => apiKeys([{ digest, principal: { id: 'ci', scopes: [] } }])).toThrow(/hashApiKey/);
    }
  });
});
