import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, test } from 'vitest';

import { introspection, type AuthSourceError, type IntrospectionOptions } from '../../src/auth.ts';
import { gate } from '../helpers.ts';
import { ask, askAbout, bodyOf, listen } from './helpers.ts';

const ISSUER = 'https://id.example';
const AUDIENCE = 'https://tools.example/mcp';
const ACTIVE = { active: true, sub: 'ada', client_id: 'cli', aud: AUDIENCE, scope: 'read write' };

/** An introspection endpoint that answers `active(token)`. */
async function startEndpoint(answer: unknown = ACTIVE) {
  const clock = fakeClock();
  const questions: { authorization: string | undefined; form: URLSearchParams }[] = [];
  const problems: AuthSourceError[] = [];
  const state = { answer, status: 200, hold: Promise.resolve() };
  const origin = await listen((request, response) => {
    void bodyOf(request).then(async (body) => {
      questions.push({ authorization: request.headers.authorization, form: new URLSearchParams(body) });
      const text = typeof state.answer === 'string' ? state.answer : JSON.stringify(state.answer);
      await state.hold;
      response.writeHead(state.status, { location: '/elsewhere' }).end(text);
    });
  });
  const auth = (options: Partial<IntrospectionOptions> = {}) =>
    introspection({
      endpoint: `${origin}/introspect?tenant=1`,
      issuer: ISSUER,
      clientId: 'tools',
      clientSecret: 's3cret',
      audience: AUDIENCE,
      clock,
      onSourceFailed: (error) => problems.push(error),
      ...options,
    });
  return { auth, state, questions, problems, clock, seconds: () => Math.floor(clock.now() / 1000) };
}

describe('an opaque token', () => {
  test('is what its issuer says', async () => {
    const { auth, questions } = await startEndpoint();
    expect(await ask(auth(), { authorization: 'Bearer opaque' })).toMatchObject({
      id: 'ada',
      issuer: ISSUER,
      clientId: 'cli',
      scopes: ['read', 'write'],
    });
    expect(Object.fromEntries(questions[0]!.form)).toEqual({
      token: 'opaque',
      token_type_hint: 'access_token',
    });
    expect(questions[0]!.authorization).toBe(`Basic ${btoa('tools:s3cret')}`);
  });

  test('can be asked about with the secret in the form', async () => {
    const { auth, questions } = await startEndpoint();
    await askAbout(auth({ clientAuthentication: 'post' }), 'opaque');
    expect(questions[0]!.authorization).toBeUndefined();
    expect(questions[0]!.form.get('client_secret')).toBe('s3cret');
  });

  test.each<[string, object, string]>([
    ['is not active', { active: false }, 'is not valid'],
    ['is active in a manner of speaking', { ...ACTIVE, active: 'true' }, 'is not valid'],
    ['is for another audience', { ...ACTIVE, aud: 'https://other.example' }, 'is not for this server'],
    ['is for no audience', { ...ACTIVE, aud: undefined }, 'is not for this server'],
    ['is of another issuer', { ...ACTIVE, iss: 'https://evil.example' }, 'is not valid'],
    ['has expired', { ...ACTIVE, exp: 1_000_000 }, 'has expired'],
    ['expires never, in words', { ...ACTIVE, exp: 'never' }, 'is not valid'],
    ['is not valid yet', { ...ACTIVE, nbf: 9_999_999_999 }, 'is not valid yet'],
    ['is a refresh token', { ...ACTIVE, token_type: 'refresh_token' }, 'is not valid'],
    ['needs a proof', { ...ACTIVE, cnf: { jkt: 'x' } }, 'needs a proof of possession'],
    ['is bound to a key', { ...ACTIVE, token_type: 'DPoP' }, 'is not valid'],
    ['names nobody', { ...ACTIVE, sub: undefined, client_id: undefined }, 'is not valid'],
  ])('is refused if it %s', async (_what, answer, reason) => {
    const { auth } = await startEndpoint(answer);
    const verdict = await askAbout(auth(), 'opaque');
    expect(verdict).toMatch(/^401 /);
    expect(verdict).toContain(reason);
  });

  test('for any audience has to say that it is an access token', async () => {
    const { auth, state } = await startEndpoint({ ...ACTIVE, aud: undefined });
    const check = auth({ audience: 'any', cache: { inactiveMs: 0 } });
    expect(await askAbout(check, 'opaque')).toMatch(/^401/);
    state.answer = { ...ACTIVE, aud: undefined, token_type: 'Bearer' };
    expect(await askAbout(check, 'opaque')).toBe('ada');
  });

  test('stands for its client where there is no user', async () => {
    const { auth } = await startEndpoint({ ...ACTIVE, sub: undefined });
    expect(await askAbout(auth(), 'opaque')).toBe('cli');
  });

  test('that is not accepted, or too long, is never sent', async () => {
    const { auth, questions } = await startEndpoint();
    const check = auth({ accepts: (token) => token.startsWith('op_') });
    expect(await askAbout(check, 'key_secret')).toMatch(/^401/);
    expect(await askAbout(check, `op_${'x'.repeat(16_384)}`)).toMatch(/^401/);
    expect(await ask(check, {})).toMatchObject({ status: 401 });
    expect(questions).toEqual([]);
    expect(await askAbout(check, 'op_1')).toBe('ada');
  });
});

describe('answers', () => {
  test('are kept for half a minute, and no longer than the token', async () => {
    const { auth, questions, state, clock, seconds } = await startEndpoint();
    const check = auth();
    await askAbout(check, 'opaque');
    state.answer = { active: false };
    await clock.advance(29_999);
    expect(await askAbout(check, 'opaque')).toBe('ada');
    await clock.advance(1);
    expect(await askAbout(check, 'opaque')).toMatch(/^401/);
    expect(questions).toHaveLength(2);

    state.answer = { ...ACTIVE, exp: seconds() + 5 };
    expect(await askAbout(check, 'short')).toBe('ada');
    state.answer = { active: false };
    await clock.advance(5_000);
    expect(await askAbout(check, 'short')).toMatch(/^401/);
  });

  test('that refuse are kept for five seconds, and push no good ones out', async () => {
    const { auth, questions, state, clock } = await startEndpoint();
    const check = auth({ cache: { maxEntries: 2 } });
    await askAbout(check, 'good');
    state.answer = { active: false };
    for (let guess = 0; guess < 10; guess += 1) await askAbout(check, `guess-${guess}`);
    await askAbout(check, 'guess-9');
    expect(questions).toHaveLength(11);
    expect(await askAbout(check, 'good')).toBe('ada');
    expect(questions).toHaveLength(11);
    await clock.advance(5_000);
    await askAbout(check, 'guess-9');
    expect(questions).toHaveLength(12);
  });

  test('serve all requests that wait for them; more questions than allowed are 503', async () => {
    const { auth, questions, state } = await startEndpoint();
    const { opened, open } = gate();
    state.hold = opened;
    const check = auth({ maxConcurrent: 2 });
    const same = Array.from({ length: 10 }, () => askAbout(check, 'one'));
    const other = askAbout(check, 'two');
    expect(await askAbout(check, 'three')).toMatch(/^503/);
    open();
    expect(new Set(await Promise.all([...same, other]))).toEqual(new Set(['ada']));
    expect(questions).toHaveLength(2);
    expect(await askAbout(check, 'three')).toBe('ada');
  });
});

describe('an endpoint without a usable answer', () => {
  test.each<[string, { status?: number; answer?: unknown }]>([
    ['fails', { status: 500 }],
    ['does not know this server', { status: 401 }],
    ['leads elsewhere', { status: 307 }],
    ['answers with a page', { answer: '<html>' }],
    ['answers with a list', { answer: [] }],
    ['answers with too much', { answer: `{"active":true,"x":"${'x'.repeat(300_000)}"}` }],
  ])('is 503: it %s', async (_what, { status = 200, answer = ACTIVE }) => {
    const { auth, state, problems, questions } = await startEndpoint(answer);
    state.status = status;
    const check = auth();
    expect(await askAbout(check, 'canary-4711')).toMatch(/^503/);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({
      code: 'AUTH_SOURCE_FAILED',
      url: expect.stringMatching(/introspect$/),
    });
    expect(JSON.stringify([problems[0], String(problems[0]?.stack)])).not.toMatch(/canary|s3cret/);
    expect(questions).toHaveLength(1);
    state.status = 200;
    state.answer = ACTIVE;
    expect(await askAbout(check, 'canary-4711')).toBe('ada');
  });

  test('is 503 when it takes too long', async () => {
    const { auth, state, questions, clock } = await startEndpoint();
    const { opened, open } = gate();
    state.hold = opened;
    const verdict = askAbout(auth(), 'opaque');
    await expect.poll(() => questions.length).toBe(1);
    await clock.advance(5_000);
    expect(await verdict).toMatch(/^503/);
    open();
  });
});

test('options that cannot work are refused', () => {
  const options = {
    endpoint: 'https://id.example/i',
    issuer: ISSUER,
    clientId: 'a',
    clientSecret: 'b',
    audience: AUDIENCE,
  };
  for (const wrong of [
    { endpoint: 'http://id.example/introspect' },
    { endpoint: 'introspect' },
    { audience: '' },
    { audience: [] },
    { clientAuthentication: 'jwt' as never },
    { maxConcurrent: 0 },
    { cache: { maxAgeMs: -1 } },
    { timeoutMs: 0 },
  ]) {
    expect(() => introspection({ ...options, ...wrong })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  }
});
