import type { IncomingMessage, ServerResponse } from 'node:http';

import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, test } from 'vitest';

import { jwtAuth, type AuthSourceError, type JwtAuthOptions, type JwtIssuer } from '../../src/auth.ts';
import { gate } from '../helpers.ts';
import { askAbout, listen, testKey, type TestKey } from './helpers.ts';

const AUDIENCE = 'https://tools.example/mcp';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** An issuer whose answers the test decides. Its keys are at `/jwks`. */
async function startIssuer() {
  const clock = fakeClock();
  const asked: string[] = [];
  const problems: AuthSourceError[] = [];
  const pages = new Map<string, Answer>();
  const issuer = await listen((request, response) => {
    asked.push(request.url!);
    const page = pages.get(request.url!);
    if (page) page(request, response);
    else response.writeHead(404).end();
  });
  const json = (path: string, body: unknown) =>
    pages.set(path, (_request, response) => response.end(JSON.stringify(body)));
  return {
    issuer,
    clock,
    asked,
    problems,
    pages,
    json,
    publish: (...keys: TestKey[]) => json('/jwks', { keys: keys.map(({ jwk }) => jwk) }),
    fail: (path = '/jwks') => pages.set(path, (_request, response) => response.writeHead(500).end('{}')),
    tokenOf: (key: TestKey, more = {}) =>
      key.sign({
        iss: issuer,
        aud: AUDIENCE,
        sub: 'ada',
        exp: Math.floor(clock.now() / 1000) + 86_400,
        ...more,
      }),
    auth: (from: Partial<JwtIssuer> = { jwksUri: `${issuer}/jwks` }, more: Partial<JwtAuthOptions> = {}) =>
      jwtAuth({
        issuers: [{ issuer, audience: AUDIENCE, ...from }],
        clock,
        cache: false,
        onSourceFailed: (error) => problems.push(error),
        ...more,
      }),
  };
}

describe('keys of an issuer', () => {
  test('are fetched once, by all tokens that wait for them', async () => {
    const { auth, publish, tokenOf, asked } = await startIssuer();
    const key = await testKey('one');
    publish(key);
    const check = auth();
    expect(asked).toEqual([]);
    const tokens = await Promise.all(Array.from({ length: 20 }, () => tokenOf(key)));
    expect(new Set(await Promise.all(tokens.map((token) => askAbout(check, token))))).toEqual(
      new Set(['ada']),
    );
    expect(asked).toEqual(['/jwks']);
  });

  test('are fetched again for an unknown key id, at most once per cooldown', async () => {
    const { auth, publish, tokenOf, asked, clock } = await startIssuer();
    const [one, two] = await Promise.all([testKey('one'), testKey('two')]);
    publish(one);
    const check = auth();
    await askAbout(check, await tokenOf(one));
    publish(one, two);
    expect(await askAbout(check, await tokenOf(two))).toMatch(/^401/);
    await clock.advance(30_000);
    expect(await askAbout(check, await tokenOf(two))).toBe('ada');
    expect(asked).toHaveLength(2);
    for (let guess = 0; guess < 50; guess += 1) {
      const made: TestKey = { ...one, sign: (claims) => one.sign(claims, { kid: `guess-${guess}` }) };
      expect(await askAbout(check, await tokenOf(made))).toMatch(/^401/);
    }
    expect(asked).toHaveLength(2);
  });

  test('that were withdrawn count no longer than ten minutes', async () => {
    const { auth, publish, tokenOf, clock } = await startIssuer();
    const [one, two] = await Promise.all([testKey('one'), testKey('two')]);
    publish(one);
    const check = auth();
    const token = await tokenOf(one);
    expect(await askAbout(check, token)).toBe('ada');
    publish(two);
    await clock.advance(599_999);
    expect(await askAbout(check, token)).toBe('ada');
    await clock.advance(1);
    expect(await askAbout(check, token)).toMatch(/^401/);
  });

  test('are used on while the issuer is down, for an hour', async () => {
    const { auth, publish, fail, tokenOf, asked, problems, clock } = await startIssuer();
    const key = await testKey('one');
    publish(key);
    const check = auth();
    const token = await tokenOf(key);
    await askAbout(check, token);
    fail();
    await clock.advance(600_000);
    for (let call = 0; call < 10; call += 1) expect(await askAbout(check, token)).toBe('ada');
    expect(asked).toHaveLength(2);
    await clock.advance(3_000_000);
    expect(await askAbout(check, token)).toMatch(/^503/);
    expect(problems).toHaveLength(2);
    for (const problem of problems) {
      expect(problem.code).toBe('AUTH_SOURCE_FAILED');
      expect(problem.message).toMatch(/\/jwks answered with status 500\.$/);
    }
  });

  test('that cannot be had are 503, asked for once per cooldown, and recover', async () => {
    const { auth, publish, fail, tokenOf, asked, clock } = await startIssuer();
    const key = await testKey('one');
    fail();
    const check = auth();
    const token = await tokenOf(key);
    for (let call = 0; call < 10; call += 1) {
      expect(await askAbout(check, token)).toBe(
        '503 Credentials cannot be checked at the moment; try again soon.',
      );
    }
    expect(asked).toHaveLength(1);
    publish(key);
    await clock.advance(30_000);
    expect(await askAbout(check, token)).toBe('ada');
  });

  test('that cannot be had are 503 whatever those do who are told', async () => {
    const { auth, fail, tokenOf } = await startIssuer();
    fail();
    const check = auth(undefined, { onSourceFailed: throws });
    expect(await askAbout(check, await tokenOf(await testKey('one')))).toMatch(/^503/);
  });

  test('are not tried one after the other where a token does not name one', async () => {
    const { auth, json, tokenOf } = await startIssuer();
    const [one, two] = await Promise.all([testKey('one'), testKey('two')]);
    json('/jwks', {
      keys: [
        { ...one.jwk, kid: undefined },
        { ...two.jwk, kid: undefined },
      ],
    });
    expect(
      await askAbout(
        auth(),
        await tokenOf({ ...one, sign: (claims) => one.sign(claims, { kid: undefined }) }),
      ),
    ).toMatch(/^401/);
  });
});

describe('an answer with keys is refused', () => {
  test.each<[string, Answer, RegExp]>([
    [
      'that leads elsewhere',
      (_request, response) => response.writeHead(302, { location: '/other' }).end(),
      /answered with status 302/,
    ],
    [
      'that is too large',
      (_request, response) => response.end(`{"keys":[],"x":"${'x'.repeat(300_000)}"}`),
      /more than 262144 bytes/,
    ],
    [
      'that is no JSON',
      (_request, response) => response.end('<html>canary-7f</html>'),
      /something else than JSON/,
    ],
    [
      'that is no key set',
      (_request, response) => response.end('{"keys":{}}'),
      /something else than a key set/,
    ],
    [
      'that breaks off',
      (_request, response) => (response.write('{'), response.destroy()),
      /cannot be reached/,
    ],
  ])('%s', async (_what, answer, problem) => {
    const { auth, pages, tokenOf, asked, problems } = await startIssuer();
    pages.set('/jwks', answer);
    expect(await askAbout(auth(), await tokenOf(await testKey('one')))).toMatch(/^503/);
    expect(problems[0]?.message).toMatch(problem);
    expect(problems[0]?.message).not.toContain('canary');
    expect(asked).toEqual(['/jwks']);
  });

  test('that does not come', async () => {
    const { auth, pages, tokenOf, problems, clock } = await startIssuer();
    const { opened, open } = gate();
    pages.set('/jwks', () => open());
    const verdict = askAbout(auth(), await tokenOf(await testKey('one')));
    await opened;
    await clock.advance(5_000);
    expect(await verdict).toMatch(/^503/);
    expect(problems[0]?.message).toMatch(/did not answer within 5000 ms/);
  });

  test('with private or shared keys', async () => {
    const { auth, json, tokenOf } = await startIssuer();
    const key = await testKey('one');
    json('/jwks', { keys: [{ ...key.jwk, d: 'AAAA' }] });
    expect(await askAbout(auth(), await tokenOf(key))).toMatch(/^401/);
  });
});

describe('the metadata of an issuer', () => {
  const OAUTH = '/.well-known/oauth-authorization-server';
  const OPENID = '/.well-known/openid-configuration';

  test.each([
    ['', [OAUTH]],
    ['', [OAUTH, OPENID]],
    ['/tenant', [`${OAUTH}/tenant`]],
    ['/tenant', [`${OAUTH}/tenant`, `${OPENID}/tenant`]],
    ['/tenant', [`${OAUTH}/tenant`, `${OPENID}/tenant`, `/tenant${OPENID}`]],
  ])('of path "%s" is found at the last of %j', async (path, places) => {
    const { issuer: origin, auth, json, publish, tokenOf, asked } = await startIssuer();
    const issuer = `${origin}${path}`;
    const key = await testKey('one');
    publish(key);
    json(places.at(-1)!, { issuer, jwks_uri: `${origin}/jwks` });
    const check = auth({ issuer });
    expect(await askAbout(check, await tokenOf(key, { iss: issuer }))).toBe('ada');
    expect(asked).toEqual([...places, '/jwks']);
  });

  test.each<[string, (origin: string) => unknown, RegExp]>([
    [
      'of another issuer',
      (origin) => ({ issuer: `${origin}/other`, jwks_uri: `${origin}/jwks` }),
      /is not the metadata of issuer/,
    ],
    ['without keys', (origin) => ({ issuer: origin }), /names no jwks_uri/],
    [
      'with keys in the clear',
      (origin) => ({ issuer: origin, jwks_uri: 'http://keys.example/jwks' }),
      /names no jwks_uri/,
    ],
    [
      'with keys in the cloud',
      (origin) => ({ issuer: origin, jwks_uri: 'http://169.254.169.254/' }),
      /names no jwks_uri/,
    ],
    [
      'with keys elsewhere',
      (origin) => ({ issuer: origin, jwks_uri: 'https://keys.example/jwks' }),
      /keyOrigins/,
    ],
    [
      'with keys on another port',
      (origin) => ({ issuer: origin, jwks_uri: 'http://127.0.0.1:1/jwks' }),
      /keyOrigins/,
    ],
    ['that is a list', () => [], /is not the metadata of issuer/],
  ])('is refused %s', async (_what, document, problem) => {
    const { issuer, auth, json, publish, tokenOf, asked, problems } = await startIssuer();
    const key = await testKey('one');
    publish(key);
    json(OAUTH, document(issuer));
    expect(await askAbout(auth({}), await tokenOf(key))).toMatch(/^503/);
    expect(problems[0]?.message).toMatch(problem);
    expect(asked).toEqual([OAUTH]);
  });

  test('may place the keys on an origin that is allowed', async () => {
    const { issuer, auth, json, tokenOf } = await startIssuer();
    const key = await testKey('one');
    const keysAt = await listen((_request, response) => response.end(JSON.stringify({ keys: [key.jwk] })));
    json(OAUTH, { issuer, jwks_uri: `${keysAt}/keys` });
    expect(await askAbout(auth({ keyOrigins: [keysAt] }), await tokenOf(key))).toBe('ada');
  });

  test('that cannot be had is asked for again later', async () => {
    const { issuer, auth, json, fail, publish, tokenOf, clock } = await startIssuer();
    const key = await testKey('one');
    publish(key);
    fail(OAUTH);
    const check = auth({});
    const token = await tokenOf(key);
    expect(await askAbout(check, token)).toMatch(/^503/);
    json(OAUTH, { issuer, jwks_uri: `${issuer}/jwks` });
    await clock.advance(30_000);
    expect(await askAbout(check, token)).toBe('ada');
  });
});

function throws(): never {
  throw new Error('observer');
}
