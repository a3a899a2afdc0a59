import { describe, expect, test } from 'vitest';

import { fakeClock } from '@toolyard/core/testing';

import { doctor } from '../../src/doctor.ts';
import { challenge } from '../../src/index.ts';
import { demoApp } from '../demo-app.ts';
import { serve } from '../helpers.ts';
import { freePort } from './nginx.ts';
import { acceptWith, answerWith, checkOf, complaints, examine, pipeTo, remediesOf } from './reports.ts';

const SECRET = 'Bearer a-token-nobody-may-see';

describe('a server', () => {
  test('that is fine has nothing to complain about', async () => {
    const report = await examine((await serve(demoApp())).url);
    expect(complaints(report)).toEqual([]);
    expect(report.ok).toBe(true);
    expect(checkOf(report, 'modern').facts).toMatchObject({ supportedVersions: ['2026-07-28'] });
    expect(checkOf(report, 'legacy').facts).toMatchObject({
      protocolVersion: '2025-11-25',
      hasSession: true,
    });
  });

  test('keeps none of the sessions the doctor opened', async () => {
    const { url, handler } = await serve(demoApp());
    await examine(url);
    expect(handler.sessionCount).toBe(0);
  });

  test('that limits the rate does not lose sessions', async () => {
    const { url: server } = await serve(demoApp());
    let pings = 0;
    const url = await answerWith((request, response) => {
      const isPing = request.method === 'POST' && request.headers['mcp-session-id'] !== undefined;
      if (isPing && (pings += 1) > 5) return void response.writeHead(429).end();
      pipeTo(server, request, response);
    });
    const check = checkOf(await examine(url), 'sessions');
    expect(check.status).toBe('skipped');
    expect(check.summary).toContain('A rate limit came first');
  });

  test('without sessions has no stickiness to check', async () => {
    const report = await examine((await serve(demoApp(), { legacy: 'stateless' })).url);
    expect(complaints(report)).toEqual([]);
    expect(checkOf(report, 'sessions').status).toBe('skipped');
  });

  test('for one era alone is usable with a warning', async () => {
    expect(complaints(await examine((await serve(demoApp(), { legacy: 'reject' })).url))).toEqual([
      'legacy warn',
    ]);
  });

  test('that is not there is found before anything is sent', async () => {
    const port = await freePort();
    const report = await examine(`http://127.0.0.1:${port}/mcp`);
    expect(complaints(report)).toEqual(['tcp fail']);
    expect(checkOf(report, 'streaming').summary).toContain('the check "tcp" failed');
  });

  test('whose name does not exist is found', async () => {
    const report = await examine('http://nobody.invalid/mcp');
    expect(complaints(report)).toEqual(['dns fail']);
  });

  test('that never answers costs one time limit', async () => {
    const url = await acceptWith(() => {});
    const report = await examine(url, { timeoutMs: 500 });
    expect(complaints(report)).toEqual(['endpoint fail']);
    expect(checkOf(report, 'endpoint')).toMatchObject({ facts: { reason: 'TIMEOUT' } });
  });

  test.for([
    ['hangs up', ''],
    ['speaks something else', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['stops in its head', 'HTTP/1.1 200 OK\r\nContent-'],
    ['stops in its body', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"jsonrpc"'],
    ['switches protocols', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
  ] as const)('that %s fails at the endpoint', async ([, bytes]) => {
    const url = await acceptWith((socket) => socket.once('data', () => socket.end(bytes)));
    const report = await examine(url, { timeoutMs: 1000 });
    expect(complaints(report)).toEqual(['endpoint fail']);
  });

  test('that answers without end is read for a moment only', async () => {
    const url = await answerWith((_request, response) => {
      const chunk = 'x'.repeat(65_536);
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    const report = await examine(url);
    expect(complaints(report)).toEqual(['endpoint fail']);
    expect(JSON.stringify(report).length).toBeLessThan(10_000);
  });

  test('of 2024-11-05 is recognised', async () => {
    const url = await answerWith(({ method }, response) => {
      if (method !== 'GET') return void response.writeHead(405).end();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: endpoint\ndata: /messages?sessionId=1\n\n');
    });
    expect(checkOf(await examine(url), 'endpoint').summary).toContain('HTTP+SSE server of 2024-11-05');
  });

  test('whose clock is wrong is found', async () => {
    const { url: server } = await serve(demoApp());
    const url = await answerWith((request, response) => {
      const writeHead = response.writeHead.bind(response);
      response.writeHead = ((status: number, headers: object) =>
        writeHead(status, { ...headers, date: new Date(Date.now() - 120_000).toUTCString() })) as never;
      pipeTo(server, request, response);
    });
    const check = checkOf(await examine(url), 'clock');
    expect(check).toMatchObject({ status: 'warn' });
    expect(check.summary).toMatch(/1(19|20|21) s behind/);
  });

  test('that gives a stream a length, or nothing that keeps caches away, is found', async () => {
    const { url: server } = await serve(demoApp());
    const url = await answerWith((request, response) => {
      if (request.headers['mcp-method'] !== 'subscriptions/listen') return pipeTo(server, request, response);
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-length': '12' });
      response.end(': keep-alive');
    });
    const check = checkOf(await examine(url), 'stream-headers');
    expect(check.status).toBe('fail');
    expect(check.summary).toContain('Content-Length ends it');
    expect(check.summary).toContain('no Cache-Control');
  });

  test('whose streams let only their beginning through is found by the keep-alives that do not come', async () => {
    const { url: server } = await serve(demoApp(), { keepAliveMs: 50 });
    const url = await answerWith((request, response) => {
      const isStream = request.method === 'GET' || request.headers['mcp-method'] === 'subscriptions/listen';
      const write = response.write.bind(response);
      let written = 0;
      response.write = ((chunk: Buffer) => (isStream && (written += 1) > 1 ? true : write(chunk))) as never;
      pipeTo(server, request, response);
    });
    const report = await examine(url, { idleMs: 900, keepAliveMs: 400 });
    expect(complaints(report)).toEqual(['idle fail']);
    expect(remediesOf(checkOf(report, 'idle'))).toContain('nginx: proxy_buffering off');
    expect(complaints(await examine(server, { idleMs: 900, keepAliveMs: 400 }))).toEqual([]);
  });

  test('that lets any page in, and reads nothing but agreement into versions, is found', async () => {
    const url = await answerWith((request, response) => {
      let text = '';
      request.on('data', (chunk) => (text += String(chunk)));
      request.on('end', () => {
        const { id, params } = JSON.parse(text || '{}');
        const result = { protocolVersion: params?.protocolVersion, supportedVersions: ['2026-07-28'] };
        response.writeHead(200, { 'content-type': 'application/json', 'access-control-allow-origin': '*' });
        response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
      });
    });
    const report = await examine(url);
    expect(complaints(report)).toEqual(
      expect.arrayContaining(['versions warn', 'host fail', 'origin fail', 'preflight warn']),
    );
    expect(checkOf(report, 'streaming').status).toBe('fail');
  });
});

describe('authentication', () => {
  test('that leads clients to its issuer is fine; what needs a token is skipped', async () => {
    const report = await examine(await withMetadata());
    expect(complaints(report)).toEqual([]);
    expect(checkOf(report, 'auth').facts).toMatchObject({ authorizationServers: ['https://id.example'] });
    expect(checkOf(report, 'streaming').summary).toContain('wants credentials');
  });

  test('with a token everything is looked at, and the token is in no report', async () => {
    const report = await examine(await withMetadata(undefined), { headers: { Authorization: SECRET } });
    expect(complaints(report)).toEqual([]);
    expect(checkOf(report, 'streaming').status).toBe('ok');
    expect(JSON.stringify(report)).not.toContain('a-token-nobody-may-see');
  });

  test('metadata for another resource is refused, as clients have to', async () => {
    const check = checkOf(await examine(await withMetadata('https://other.example/mcp')), 'auth');
    expect(check.summary).toContain('is for https://other.example/mcp');
    expect(check.status).toBe('fail');
  });

  test('metadata without an issuer is refused', async () => {
    expect(checkOf(await examine(await withMetadata(undefined, [])), 'auth').status).toBe('fail');
  });

  test('a challenge without quotes is understood', async () => {
    const url = await answerWith((request, response) => {
      const { pathname } = new URL(request.url!, 'http://localhost');
      if (pathname === '/metadata') return void response.writeHead(404).end();
      const named = `http://${request.headers.host}/metadata`;
      response.writeHead(401, { 'www-authenticate': `Bearer resource_metadata=${named}, error=x` }).end();
    });
    expect(checkOf(await examine(url), 'auth').summary).toContain('/metadata answers 404');
  });

  test('a 401 without WWW-Authenticate is found', async () => {
    const url = await answerWith((_request, response) => void response.writeHead(401).end());
    expect(checkOf(await examine(url), 'auth').summary).toContain('no WWW-Authenticate');
  });

  test('a server cannot send the doctor to other machines over plain http', async () => {
    const asked: string[] = [];
    const inside = await answerWith((request, response) => {
      asked.push(request.url!);
      response.end('{}');
    });
    const header = `Bearer resource_metadata="${inside}"`;
    const url = await answerWith((_request, response) => {
      response.writeHead(401, { 'www-authenticate': header }).end();
    });
    expect(checkOf(await examine(url), 'auth').status).toBe('fail');
    expect(asked).toEqual([]);
  });

  test('a token that a server repeats is not in the report', async () => {
    const url = await answerWith(({ headers }, response) => {
      response.writeHead(500, { server: String(headers.authorization) }).end(`No ${headers.authorization}`);
    });
    const report = await examine(url, { headers: { authorization: SECRET } });
    expect(complaints(report)).toContain('endpoint fail');
    expect(JSON.stringify(report)).toContain('[secret]');
    expect(JSON.stringify(report)).not.toContain('a-token-nobody-may-see');
  });

  test('credentials go to another machine over plain http only when told', async () => {
    const seen: unknown[] = [];
    const url = await answerWith(({ headers }, response) => {
      seen.push(headers.authorization);
      response.end('{}');
    });
    // Leads to this machine, but is none of its loopback names.
    const other = url.replace('127.0.0.1', '0.0.0.0');
    const report = await examine(other, { headers: { authorization: SECRET } });
    expect(checkOf(report, 'credentials')).toMatchObject({ status: 'fail', facts: { sent: false } });
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter(Boolean)).toEqual([]);
    const told = await examine(other, { headers: { authorization: SECRET }, allowInsecureCredentials: true });
    expect(checkOf(told, 'credentials')).toMatchObject({ status: 'warn' });
    expect(seen).toContain(SECRET);
  });
});

describe('doctor', () => {
  test('stops when told, with the reason given', async () => {
    const controller = new AbortController();
    const url = await acceptWith(() => controller.abort(new Error('enough')));
    await expect(doctor(url, { signal: controller.signal })).rejects.toThrow('enough');
  });

  test('skips what is left at its deadline', async () => {
    const clock = fakeClock();
    const url = await acceptWith(() => clock.advance(5000));
    const report = await doctor(url, { clock, deadlineMs: 5000, timeoutMs: 60_000 });
    expect(checkOf(report, 'endpoint').summary).toContain('No time was left');
    expect(checkOf(report, 'idle').status).toBe('skipped');
  });

  test('keeps user names and queries out of the report', async () => {
    const { url } = await serve(demoApp());
    const report = await examine(`${url.replace('/mcp', '/other')}?key=abcdefghijk`);
    expect(report.ok).toBe(false);
    expect(JSON.stringify(report)).not.toContain('abcdefghijk');
    await expect(doctor(url.replace('//', '//user:password@'))).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });

  test.for([
    ['ftp://127.0.0.1/mcp', {}],
    ['nonsense', {}],
    ['http://127.0.0.1/mcp', { timeoutMs: 0 }],
    ['http://127.0.0.1/mcp', { idleMs: -1 }],
    ['http://127.0.0.1/mcp', { origin: 'https://app.example/path' }],
    ['http://127.0.0.1/mcp', { headers: { 'x-key': 'a\r\nb: c' } }],
  ] as const)('refuses %s with %o', async ([url, options]) => {
    await expect(doctor(url, options)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  test('names the foreign page it was not to let in', async () => {
    const { url } = await serve(demoApp(), { publicUrl: 'https://tools.example/mcp' });
    const report = await examine(url, { origin: 'https://app.example' });
    expect(complaints(report)).toEqual(['preflight fail']);
    expect(remediesOf(checkOf(report, 'preflight'))).toContain('server: allowedOrigins');
  });
});

/** A server that wants a token and says where one is given. */
async function withMetadata(resource?: string, servers = ['https://id.example']): Promise<string> {
  const { url: server } = await serve(demoApp(), {
    auth: (request) =>
      request.header('authorization') === SECRET
        ? { id: 'ada', scopes: [] }
        : challenge({ resourceMetadata: `http://${request.header('host')}/metadata` }),
  });
  return answerWith((request, response) => {
    if (request.url !== '/metadata') return pipeTo(server, request, response);
    response.writeHead(200, { 'content-type': 'application/json' });
    const own = resource ?? `http://${request.headers.host}/mcp`;
    response.end(JSON.stringify({ resource: own, authorization_servers: servers }));
  });
}
