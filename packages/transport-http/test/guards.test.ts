import { request } from 'node:http';

import { createApp, type App } from '@toolyard/core';
import { describe, expect, test } from 'vitest';

import { createHttpHandler, serveHttp, type ServeOptions } from '../src/index.ts';
import { demoApp } from './demo-app.ts';
import { modern, raw, serve, statuses } from './helpers.ts';

const ROUTES = [
  ['POST', '/mcp'],
  ['GET', '/mcp'],
  ['DELETE', '/mcp'],
  ['OPTIONS', '/mcp'],
  ['PUT', '/mcp'],
  ['GET', '/healthz'],
  ['GET', '/readyz'],
  ['GET', '/metrics'],
  ['GET', '/elsewhere'],
] as const;

/** What a request gets whose Host and Origin are chosen freely, which fetch does not allow. */
function ask(
  port: number,
  headers: Record<string, string>,
  method = 'POST',
  path = '/mcp',
): Promise<number | undefined> {
  const { body, headers: mine } = modern('tools/list');
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      headers: { 'content-type': 'application/json', ...mine, host: 'localhost', ...headers },
    });
    outgoing.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
    outgoing.end(method === 'POST' ? JSON.stringify(body) : undefined);
  });
}

function serveDemo(options: ServeOptions = {}) {
  return serve(demoApp(), { routes: { '/metrics': () => ({ body: 'up 1' }) }, ...options });
}

describe('every route', () => {
  test.each(ROUTES)(
    '%s %s refuses a foreign Host or Origin, also from this machine',
    async (method, path) => {
      const { port } = await serveDemo();
      expect(await ask(port, {}, method, path)).not.toBe(403);
      expect(
        await ask(port, { host: `localhost:${port}`, origin: `http://localhost:${port}` }, method, path),
      ).not.toBe(403);
      for (const headers of [
        { host: 'evil.example' },
        { host: `evil.example:${port}` },
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { host: 'evil.example', origin: 'http://evil.example' },
      ]) {
        expect([headers, await ask(port, headers, method, path)]).toEqual([headers, 403]);
      }
    },
  );
});

/** A request with these Host headers. */
function lines(hosts: readonly string[], version = '1.1'): string {
  const named = hosts.map((host) => `Host: ${host}\r\n`).join('');
  return `GET /healthz HTTP/${version}\r\n${named}Connection: close\r\n\r\n`;
}

describe('Host', () => {
  test.each([
    'localhost',
    '127.0.0.1',
    '[::1]',
    'LocalHost',
    'localhost:80',
    '127.0.0.1:65535',
    '[::1]:9001',
  ])('%s is this machine', async (host) => {
    const { port } = await serveDemo();
    expect(await ask(port, { host })).toBe(200);
  });

  test.each([
    'localhost.evil.example',
    'evil.example:localhost',
    'localhost@evil.example',
    'evil.example@localhost',
    'localhost:9001@evil.example',
    'localhost,evil.example',
    'evil.example, localhost',
    'localhost/evil',
    'localhost#evil',
    'localhost.',
    '.localhost',
    'localhost:',
    'localhost:port',
    'localhost:123456',
    '::1',
    '[::1',
    '[::1]evil',
    '[::ffff:127.0.0.1]',
    '127.1',
    '2130706433',
    '0x7f.0.0.1',
    '127.0.0.1.evil.example',
    '0.0.0.0',
    'http://localhost',
    'loc\u00e4lhost',
  ])('%s is not', async (host) => {
    const { port } = await serveDemo();
    expect(await ask(port, { host })).toBe(403);
  });

  test('has to be there, and once', async () => {
    const { port } = await serveDemo();
    expect(statuses(await raw(port, lines(['localhost'])))).toEqual([200]);
    expect(statuses(await raw(port, lines([])))).toEqual([400]);
    expect(statuses(await raw(port, lines([], '1.0')))).toEqual([403]);
    expect(statuses(await raw(port, lines([''])))).toEqual([403]);
    for (const hosts of [
      ['localhost', 'evil.example'],
      ['evil.example', 'localhost'],
      ['localhost', 'localhost'],
    ]) {
      const [status] = statuses(await raw(port, lines(hosts)));
      expect([400, 403]).toContain(status);
    }
  });

  test('counts, not the target of the request and not what a proxy says', async () => {
    const { port } = await serveDemo();
    const absolute = `GET http://localhost/healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`;
    expect(statuses(await raw(port, absolute))).toEqual([403]);
    for (const name of ['x-forwarded-host', 'forwarded', 'x-original-host']) {
      expect(await ask(port, { host: 'evil.example', [name]: 'host=localhost' })).toBe(403);
    }
  });
});

describe('Origin', () => {
  test.each(['http://localhost', 'http://localhost:5173', 'https://127.0.0.1:8443', 'http://[::1]:3000'])(
    '%s may call by default',
    async (origin) => {
      const { port } = await serveDemo();
      expect(await ask(port, { origin })).toBe(200);
    },
  );

  test.each([
    'http://localhost.evil.example',
    'http://localhost@evil.example',
    'http://evil.example#localhost',
    'http://localhost/',
    'http://localhost:3000/path',
    'http://localhost, http://evil.example',
    'http://localhost http://evil.example',
    'file://localhost',
    'ftp://localhost',
    'localhost',
    'null',
    '',
    'chrome-extension://abcdef',
  ])('%j may not', async (origin) => {
    const { port } = await serveDemo();
    expect(await ask(port, { origin })).toBe(403);
  });

  test('given twice may not, even if both are good', async () => {
    const { port } = await serveDemo();
    for (const second of ['https://evil.example', 'http://localhost']) {
      const twice = `GET /healthz HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nOrigin: ${second}\r\n`;
      expect(statuses(await raw(port, `${twice}Connection: close\r\n\r\n`))).toEqual([403]);
    }
  });
});

describe('publicUrl', () => {
  test('lets its host and origin in, and this machine, but no pages of this machine', async () => {
    const { port } = await serveDemo({ publicUrl: 'https://tools.example:8443/mcp' });
    expect(await ask(port, { host: 'tools.example' })).toBe(200);
    expect(await ask(port, { host: 'tools.example:8443', origin: 'https://tools.example:8443' })).toBe(200);
    expect(await ask(port, { host: 'localhost' })).toBe(200);
    expect(await ask(port, { host: 'tools.example', origin: 'http://localhost:5173' })).toBe(403);
    expect(await ask(port, { host: 'tools.example', origin: 'https://tools.example' })).toBe(403);
    expect(await ask(port, { host: 'other.example' })).toBe(403);
  });
});

describe('allowedHosts and allowedOrigins', () => {
  test('say exactly who is let in', async () => {
    const { port } = await serveDemo({
      allowedHosts: ['Tools.example', '[::1]'],
      allowedOrigins: ['https://app.example'],
    });
    expect(await ask(port, { host: 'tools.example:443', origin: 'https://app.example' })).toBe(200);
    expect(await ask(port, { host: '[::1]:9001' })).toBe(200);
    expect(await ask(port, { host: 'localhost' })).toBe(403);
    expect(await ask(port, { host: 'tools.example', origin: 'http://localhost' })).toBe(403);
    expect(await ask(port, { host: 'tools.example', origin: 'http://app.example' })).toBe(403);
  });

  test('let nobody in when they are empty', async () => {
    const { port } = await serveDemo({ allowedHosts: [] });
    expect(await ask(port, {})).toBe(403);
    const other = await serveDemo({ allowedOrigins: [] });
    expect(await ask(other.port, { origin: 'http://localhost' })).toBe(403);
    expect(await ask(other.port, {})).toBe(200);
  });

  test('may leave the host to a proxy, not the origin', async () => {
    const { port } = await serveDemo({ allowedHosts: 'any' });
    expect(await ask(port, { host: 'anything.example' })).toBe(200);
    expect(await ask(port, { host: 'anything.example', origin: 'https://anything.example' })).toBe(403);
  });
});

describe('a request that never was on a wire', () => {
  test('is judged by the host of its URL', async () => {
    const handler = createHttpHandler(demoApp());
    expect((await handler.fetch(new Request('http://localhost/healthz'))).status).toBe(200);
    expect((await handler.fetch(new Request('http://evil.example/healthz'))).status).toBe(403);
    const lying = new Request('http://localhost/healthz', { headers: { host: 'evil.example' } });
    expect((await handler.fetch(lying)).status).toBe(403);
  });
});

describe('where a server listens', () => {
  const app: App = createApp({ name: 'demo', version: '1.0.0' });

  test('is loopback unless something else is asked for', async () => {
    const { url } = await serve(app);
    expect(new URL(url).hostname).toBe('127.0.0.1');
  });

  test.each(['0.0.0.0', '::', '192.0.2.1', 'tools.example', ''])(
    'cannot be %j without authentication',
    async (host) => {
      await expect(serveHttp(app, { host, port: 0 })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        option: 'host',
      });
    },
  );

  test.each([{ allowUnauthenticated: true }, { auth: () => ({ id: 'ada', scopes: [] }) }])(
    'can be everywhere with %j',
    async (options) => {
      const { port } = await serve(app, { host: '0.0.0.0', ...options });
      expect(await ask(port, {})).toBe(200);
      // Who may ask for what is another matter.
      expect(await ask(port, { host: '192.0.2.1' })).toBe(403);
    },
  );

  test('is served under its own name', async () => {
    const { url } = await serve(app, { host: '127.0.0.2' });
    const { body, headers } = modern('tools/list');
    const init = {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    };
    expect((await fetch(url, init)).status).toBe(200);
  });
});
