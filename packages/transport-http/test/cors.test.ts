import { createApp } from '@toolyard/core';
import { describe, expect, test } from 'vitest';

import { challenge, type ServeOptions } from '../src/index.ts';
import { demoApp } from './demo-app.ts';
import { callModern, initialize, modern, post, sendModern, serve } from './helpers.ts';
import { readEvents } from './sse-reader.ts';

const ORIGIN = 'https://app.example';
const origin = { origin: ORIGIN };
const EXPOSED = ['Mcp-Session-Id', 'WWW-Authenticate', 'Retry-After', 'MCP-Protocol-Version'];

const serveDemo = (options: ServeOptions = {}) => serve(demoApp(), { allowedOrigins: [ORIGIN], ...options });

/** Whether a page at ORIGIN can read an answer, and the headers of it that it needs. */
function isReadable({ headers }: Response): boolean {
  const exposed = headers.get('access-control-expose-headers') ?? '';
  return (
    headers.get('access-control-allow-origin') === ORIGIN &&
    headers.get('vary')?.includes('Origin') === true &&
    EXPOSED.every((name) => exposed.includes(name))
  );
}

describe('a page that may call can read', () => {
  test('JSON, streams and errors of every kind', async () => {
    const { url, port } = await serveDemo();
    const progress = { name: 'count', arguments: { to: 1 }, _meta: { progressToken: 1 } };
    const answers = [
      [200, await callModern(url, 'echo', { text: 'hi' }, origin)],
      [200, await sendModern(url, 'tools/call', progress, origin)],
      [400, await post(url, '{', origin)],
      [404, await sendModern(url, 'tools/invent', {}, origin)],
      [404, await fetch(`http://127.0.0.1:${port}/elsewhere`, { headers: origin })],
      [405, await fetch(url, { method: 'PUT', headers: origin })],
      [406, await post(url, '{}', { ...origin, accept: 'text/html' })],
      [413, await post(url, ' '.repeat(5_000_000), origin)],
      [415, await post(url, '{}', { ...origin, 'content-type': 'text/plain' })],
      [200, await fetch(`http://127.0.0.1:${port}/healthz`, { headers: origin })],
      [200, await fetch(`http://127.0.0.1:${port}/readyz`, { headers: origin })],
    ] as const;
    for (const [status, response] of answers) {
      expect(response.status).toBe(status);
      expect(isReadable(response)).toBe(true);
    }
  });

  test('its session', async () => {
    const { url } = await serveDemo();
    const session = await initialize(url, { headers: origin });
    const events = readEvents(await session.get(origin));
    expect(isReadable(events.response)).toBe(true);
    events.close();
    expect(isReadable(await session.end())).toBe(true);
    expect(isReadable(await session.send('ping'))).toBe(true);
  });

  test('that it is not known, or may not', async () => {
    for (const status of [401, 403] as const) {
      const { url } = await serveDemo({ auth: () => challenge({ status }) });
      const response = await callModern(url, 'echo', { text: 'hi' }, origin);
      expect(response.status).toBe(status);
      expect(isReadable(response)).toBe(true);
    }
  });

  test('that the server failed', async () => {
    const { url } = await serveDemo({
      auth() {
        throw new Error('the directory is away');
      },
    });
    const response = await callModern(url, 'echo', { text: 'hi' }, origin);
    expect(response.status).toBe(500);
    expect(isReadable(response)).toBe(true);
  });
});

describe('any other page', () => {
  test('cannot read anything', async () => {
    const { url, port } = await serveDemo();
    for (const response of [
      await callModern(url, 'echo', { text: 'hi' }, { origin: 'https://evil.example' }),
      await fetch(`http://127.0.0.1:${port}/healthz`, { headers: { origin: 'https://evil.example' } }),
      await fetch(url, { method: 'OPTIONS', headers: { origin: 'https://evil.example' } }),
      await callModern(url, 'echo', { text: 'hi' }),
    ]) {
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
      expect(response.headers.get('access-control-allow-credentials')).toBeNull();
      expect(response.headers.get('vary')).toContain('Origin');
    }
  });
});

function ask(url: string, method: string, headers = 'content-type'): Promise<Response> {
  const asked = { 'access-control-request-method': method, 'access-control-request-headers': headers };
  return fetch(url, { method: 'OPTIONS', headers: { ...origin, ...asked } });
}

describe('a preflight', () => {
  test.each(['GET', 'POST', 'DELETE'])('for %s needs no credentials', async (method) => {
    const { url } = await serveDemo({ auth: () => challenge() });
    const response = await ask(url, method);
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect(isReadable(response)).toBe(true);
    expect(response.headers.get('access-control-allow-methods')).toContain(method);
    expect(Number(response.headers.get('access-control-max-age'))).toBeGreaterThan(0);
  });

  test('lets all headers of the protocol through', async () => {
    const { url } = await serveDemo();
    const allowed = (await ask(url, 'POST')).headers
      .get('access-control-allow-headers')!
      .toLowerCase()
      .split(', ');
    expect(allowed).toEqual(
      expect.arrayContaining([
        'accept',
        'authorization',
        'content-type',
        'last-event-id',
        'mcp-method',
        'mcp-name',
        'mcp-protocol-version',
        'mcp-session-id',
        'x-api-key',
      ]),
    );
  });

  test('lets headers of tool parameters through, and no others', async () => {
    const { url } = await serveDemo();
    const response = await ask(
      url,
      'POST',
      'content-type, mcp-param-region, Mcp-Param-Dry-Run, x-evil, mcp-param-a:b',
    );
    const allowed = response.headers.get('access-control-allow-headers')!;
    expect(allowed).toContain('mcp-param-region');
    expect(allowed).toContain('Mcp-Param-Dry-Run');
    expect(allowed).not.toContain('evil');
    expect(allowed).not.toContain('a:b');
  });
});

test('pages of this machine can read by default', async () => {
  const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }));
  const { body, headers } = modern('tools/list');
  const response = await post(url, body, { ...headers, origin: 'http://localhost:5173' });
  expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
});
