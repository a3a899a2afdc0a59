import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { fakeClock, type FakeClock } from '@toolyard/core/testing';
import { defineTool, type LogFields } from '@toolyard/core';
import { telemetry } from '@toolyard/core/middleware';
import { describe, expect, onTestFinished, test } from 'vitest';

import { challenge, type Authenticate } from '../../src/index.ts';
import {
  anyOf,
  apiKeyRing,
  apiKeys,
  authEvents,
  introspection,
  jwtAuth,
  protectedResource,
  type AuthDecision,
  type AuthEventsOptions,
  type SecurityEvent,
} from '../../src/auth.ts';
import { callModern, initialize } from '../helpers.ts';
import { ask, listen, serveAt, testKey, toolsApp } from './helpers.ts';

const principal = { id: 'ci', issuer: 'keys', scopes: ['tools:read'] };

function throws(): never {
  throw new Error('observer');
}

/** An auth function that tells the client what it was sent. */
const quoting: Authenticate = (request) =>
  challenge({ description: `Not ${request.header('authorization')} nor ${request.header('x-api-key')}` });

async function createWatched(options: AuthEventsOptions = {}) {
  const clock: FakeClock = fakeClock();
  const decisions: AuthDecision[] = [];
  const events: SecurityEvent[] = [];
  const ring = apiKeyRing();
  const { key } = await ring.issue({ principal });
  const watcher = authEvents({
    clock,
    onDecision: (decision) => decisions.push(decision),
    onSecurityEvent: (event) => events.push(event),
    ...options,
  });
  const auth = watcher.watch(apiKeys(ring));
  const send = (apiKey: string | undefined, address?: string) =>
    ask(auth, apiKey === undefined ? {} : { 'x-api-key': apiKey }, address === undefined ? {} : { address });
  return { clock, decisions, events, key, watcher, send, auth, ring };
}

describe('every decision', () => {
  test('is told, with who, from where and why', async () => {
    const { send, key, decisions } = await createWatched();
    await send(key, '10.0.0.1');
    await send('wrong', '10.0.0.2');
    await send(undefined);
    const common = { time: '2026-01-01T00:00:00.000Z', method: 'POST', path: '/mcp' };
    expect(decisions).toEqual([
      {
        ...common,
        outcome: 'allowed',
        principal: { id: 'ci', issuer: 'keys' },
        credential: expect.stringMatching(/^[\da-f]{16}$/),
        address: '10.0.0.1',
      },
      {
        ...common,
        outcome: 'refused',
        status: 401,
        error: 'invalid_token',
        reason: 'The API key is not known.',
        credential: expect.stringMatching(/^[\da-f]{16}$/),
        address: '10.0.0.2',
      },
      {
        ...common,
        outcome: 'refused',
        status: 401,
        reason: 'Send an API key as X-API-Key or as a bearer token.',
      },
    ]);
  });

  test('is told also when nobody can tell', async () => {
    const { watcher, decisions } = await createWatched();
    await expect(
      ask(
        watcher.watch(() => Promise.reject(new Error('x'))),
        {},
      ),
    ).rejects.toThrow('x');
    await ask(
      watcher.watch(() => ({ ...challenge(), status: 503 })),
      {},
    );
    expect(decisions.map(({ outcome, status }) => [outcome, status])).toEqual([
      ['failed', undefined],
      ['unavailable', 503],
    ]);
  });

  test('names a credential the same each time, and otherwise in another process', async () => {
    const one = await createWatched();
    await one.send('wrong');
    await one.send('wrong');
    const other = await createWatched();
    await other.send('wrong');
    const names = [...one.decisions, ...other.decisions].map(({ credential }) => credential);
    expect(names[0]).toBe(names[1]);
    expect(names[2]).not.toBe(names[0]);
  });

  test('stands, whatever those who are told do', async () => {
    const { send, key } = await createWatched({
      onDecision: throws,
      onSecurityEvent: throws,
      addressOf: throws,
      thresholds: { failures: 1 },
    });
    expect(await send(key)).toMatchObject({ id: 'ci' });
    expect(await send('wrong')).toMatchObject({ status: 401 });
  });

  test('comes from the connection, through a real server', async () => {
    const { auth, decisions, key } = await createWatched();
    const { url } = await serveAt(toolsApp(), () => ({ auth }));
    await callModern(`${url}?secret=in-the-query`, 'who', {}, { 'x-api-key': key });
    expect(decisions).toMatchObject([{ address: '127.0.0.1', path: '/mcp', outcome: 'allowed' }]);
  });
});

describe('failures from one address', () => {
  test('are told once per minute when there are ten', async () => {
    const { send, events, clock } = await createWatched();
    const fail = async (times: number, address: string) => {
      for (let count = 0; count < times; count += 1) await send(`guess-${count}`, address);
    };
    await fail(9, '10.0.0.1');
    await fail(9, '10.0.0.2');
    expect(events).toEqual([]);
    await fail(20, '10.0.0.1');
    expect(events).toEqual([
      {
        type: 'failuresRepeated',
        time: expect.any(String),
        windowMs: 60_000,
        address: '10.0.0.1',
        count: 10,
      },
    ]);
    await clock.advance(60_000);
    await fail(9, '10.0.0.1');
    expect(events).toHaveLength(1);
    await fail(1, '10.0.0.1');
    expect(events).toHaveLength(2);
  });

  test('are not requests without a credential, which every client starts with', async () => {
    const { send, events, key } = await createWatched({ thresholds: { failures: 2 } });
    for (let count = 0; count < 10; count += 1) await send(undefined, '10.0.0.1');
    for (let count = 0; count < 10; count += 1) await send(key, '10.0.0.1');
    expect(events).toEqual([]);
  });

  test('are forgotten for the addresses seen longest ago, so that memory is bounded', async () => {
    const { send, events } = await createWatched({ maxTracked: 2, thresholds: { failures: 3 } });
    for (const address of ['a', 'b', 'a', 'c', 'a', 'b', 'b']) await send('guess', address);
    expect(events).toMatchObject([{ address: 'a' }]);
  });
});

describe('one credential from many addresses', () => {
  test('is told once, with the addresses', async () => {
    const { send, events, key, decisions } = await createWatched();
    for (let host = 1; host <= 8; host += 1) {
      await send(key, `10.0.0.${host}`);
      await send(key, '10.0.0.1');
    }
    expect(events).toEqual([
      {
        type: 'credentialShared',
        time: expect.any(String),
        windowMs: 60_000,
        credential: decisions[0]!.credential,
        principal: { id: 'ci', issuer: 'keys' },
        addresses: [1, 2, 3, 4, 5].map((host) => `10.0.0.${host}`),
      },
    ]);
  });

  test('counts anew each minute', async () => {
    const { send, events, key, clock } = await createWatched();
    for (let host = 1; host <= 8; host += 1) {
      await send(key, `10.0.0.${host}`);
      await clock.advance(30_000);
    }
    expect(events).toEqual([]);
  });
});

describe('a principal that tries what it has no rights for', () => {
  test('is told once, with what it tried, in both eras', async () => {
    const { watcher, auth, key, events } = await createWatched({ thresholds: { targets: 3 } });
    const hidden = defineTool({ name: 'hidden', access: { roles: ['admin'] }, run: () => 'hidden' });
    const app = toolsApp().use(watcher.middleware).add(hidden);
    const { url } = await serveAt(app, () => ({ auth }));
    const headers = { 'x-api-key': key };
    const session = await initialize(url, { headers });
    for (let again = 0; again < 5; again += 1) {
      expect((await callModern(url, 'write', {}, headers)).status).toBe(403);
      expect((await session.call('drop')).status).toBe(403);
      expect((await callModern(url, 'who', {}, headers)).status).toBe(200);
      await callModern(url, 'nonsense', {}, headers);
    }
    expect(events).toEqual([]);
    for (let again = 0; again < 3; again += 1) await callModern(url, 'hidden', {}, headers);
    expect(events).toEqual([
      {
        type: 'scopesProbed',
        time: expect.any(String),
        windowMs: 60_000,
        principal: { id: 'ci', issuer: 'keys' },
        targets: ['tool write', 'tool drop', 'tool hidden'],
      },
    ]);
  });
});

test('thresholds and times have to be above 0', () => {
  for (const options of [
    { windowMs: 0 },
    { maxTracked: -1 },
    { thresholds: { failures: 0 } },
    { thresholds: { addresses: 2.5 } },
  ]) {
    expect(() => authEvents(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  }
});

test('no credential is in any log line, answer, decision or event, whatever way it takes', async () => {
  const written: string[] = [];
  const write = (...values: unknown[]) => {
    for (const value of values) {
      written.push(
        JSON.stringify(value, (_key, one: unknown) =>
          one instanceof Error ? `${one.stack} ${String(one.cause)}` : one,
        ),
      );
    }
  };
  const line = (fields: LogFields, message?: string) => write(fields, message);
  const issuer = await listen((_request, response) => response.writeHead(500).end('broken'));
  const key = await testKey('one');
  const watcher = authEvents({
    onDecision: write,
    onSecurityEvent: write,
    thresholds: { failures: 1, addresses: 1, targets: 1 },
  });
  const spans = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }),
  );
  onTestFinished(() => trace.disable());
  const logger = { debug: line, info: line, warn: line, error: line };
  const app = toolsApp({ logger }).use(telemetry(), watcher.middleware);
  const ring = apiKeyRing();
  const good = await ring.issue({ principal });
  const onSourceFailed = write;
  const { url } = await serveAt(app, (own) => {
    const resource = protectedResource({ resource: own, authorizationServers: [issuer] });
    const ways = [
      apiKeys(ring),
      jwtAuth({
        issuers: [
          { issuer: 'fixed', audience: own, keys: [key.jwk] },
          { issuer, audience: own },
        ],
        onSourceFailed,
      }),
      introspection({
        endpoint: `${issuer}/i`,
        issuer,
        clientId: 'c',
        clientSecret: 'canary-secret',
        audience: own,
        onSourceFailed,
      }),
    ];
    const [byKey, byJwt, byQuestion] = ways.map((way) => watcher.watch(way));
    const all = watcher.watch(anyOf(...ways));
    return {
      auth: resource.protect((request) => {
        const way = new URL(request.url, own).searchParams.get('way');
        if (way === 'throws') throw new Error('The database is down.');
        if (way === 'quotes') return watcher.watch(quoting)(request);
        const alone = new Map([
          ['key', byKey],
          ['jwt', byJwt],
          ['question', byQuestion],
        ]).get(way ?? '');
        return (alone ?? all)(request);
      }),
    };
  });
  const exp = Math.floor(Date.now() / 1000) + 600;
  const tokens = [
    'canary-opaque',
    good.key,
    await key.sign({ iss: 'fixed', aud: url, sub: 'ada', exp, jti: 'canary' }),
    await key.sign({ iss: 'fixed', aud: 'elsewhere', sub: 'ada', exp }),
    await key.sign({ iss: issuer, aud: url, sub: 'ada', exp }),
  ];
  const answers: string[] = [];
  for (const token of tokens) {
    for (const way of ['', 'key', 'jwt', 'question', 'throws', 'quotes']) {
      const ways: Record<string, string>[] = [{ authorization: `Bearer ${token}` }, { 'x-api-key': token }];
      for (const headers of ways) {
        // A host that quotes credentials to its clients is on its own; records stay clean all the same.
        const response = await callModern(`${url}?way=${way}`, 'write', {}, headers);
        const text = way === 'quotes' ? '' : await response.text();
        answers.push(JSON.stringify([...response.headers].filter(() => way !== 'quotes')), text);
      }
    }
  }
  expect(written.length).toBeGreaterThan(50);
  const finished = spans.getFinishedSpans();
  expect(finished.length).toBeGreaterThan(5);
  for (const { name, attributes, status, events, links } of finished)
    write({ name, attributes, status, events, links });
  const everything = [...written, ...answers].join('\n');
  for (const secret of [...tokens, ...tokens.map((token) => token.split('.').at(-1)!), 'canary-secret']) {
    expect(everything).not.toContain(secret);
  }
});
