import { createHmac } from 'node:crypto';

import { type Principal } from '@toolyard/core';
import { fakeClock } from '@toolyard/core/testing';
import { EncryptJWT, exportSPKI, importJWK, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';

import { jwtAuth, type JwtAuthOptions, type JwtIssuer, type TokenClaims } from '../../src/auth.ts';
import { ask, askAbout, listen, testKey, type TestKey } from './helpers.ts';

const ISSUER = 'https://id.example';
const AUDIENCE = 'https://tools.example/mcp';
const clock = fakeClock();
const seconds = () => Math.floor(clock.now() / 1000);

let key: TestKey;
let foreignKey: TestKey;
beforeAll(async () => {
  [key, foreignKey] = await Promise.all([testKey('one'), testKey('one')]);
});

const claims = (more: JWTPayload = {}): JWTPayload => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'ada',
  exp: seconds() + 600,
  ...more,
});

function without(name: string): JWTPayload {
  return Object.fromEntries(Object.entries(claims()).filter(([one]) => one !== name));
}

function authFor(options: Partial<JwtAuthOptions> = {}, issuer: Partial<JwtIssuer> = {}) {
  return jwtAuth({
    issuers: [{ issuer: ISSUER, audience: AUDIENCE, keys: [key.jwk], ...issuer }],
    clock,
    ...options,
  });
}

const groups = ({ groups: names }: TokenClaims) => names as string[];
const tokenFor = (expiresInSeconds: number) => key.sign(claims({ exp: seconds() + expiresInSeconds }));
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token that is as it should be', () => {
  test('stands for its subject, with scopes, client and claims', async () => {
    const token = await key.sign(claims({ scope: 'read  write', client_id: 'cli', tier: 'gold' }));
    const principal = (await ask(authFor(), { authorization: `Bearer ${token}` })) as Principal;
    expect(principal).toMatchObject({
      id: 'ada',
      issuer: ISSUER,
      clientId: 'cli',
      scopes: ['read', 'write'],
      claims: { tier: 'gold' },
    });
    expect(principal).not.toHaveProperty('roles');
    expect(Object.isFrozen(principal) && Object.isFrozen(principal.scopes)).toBe(true);
  });

  test('has scopes and roles by the mapping of its issuer', async () => {
    const token = await key.sign(claims({ scp: ['read'], groups: ['ops'] }));
    const byDefault = await ask(authFor(), { authorization: `Bearer ${token}` });
    expect(byDefault).toMatchObject({ scopes: ['read'] });
    const mapped = authFor({}, { roles: groups, scopes: (all) => groups(all).map((name) => `${name}:all`) });
    expect(await ask(mapped, { authorization: `Bearer ${token}` })).toMatchObject({
      scopes: ['ops:all'],
      roles: ['ops'],
    });
  });

  test('never has all scopes, whatever it claims', async () => {
    for (const scope of ['*', ['*']]) {
      const token = await key.sign(claims({ scope }));
      expect(await ask(authFor(), { authorization: `Bearer ${token}` })).toMatchObject({ scopes: ['*'] });
    }
  });

  test.each([
    ['one of several audiences', { aud: ['https://elsewhere.example', AUDIENCE] }],
    ['an expiry that a slow clock has passed', { exp: Math.floor(clock.now() / 1000) - 20 }],
    ['a start that a fast clock has not reached', { nbf: Math.floor(clock.now() / 1000) + 20 }],
  ])('may have %s', async (_what, more) => {
    expect(await askAbout(authFor(), await key.sign(claims(more)))).toBe('ada');
  });

  test.each(['RS256', 'PS512', 'ES384', 'EdDSA'])('may be signed with %s', async (alg) => {
    const other = await testKey('other', alg);
    expect(await askAbout(authFor({}, { keys: [other.jwk] }), await other.sign(claims()))).toBe('ada');
  });

  test('may come from any issuer that is named, each with its own keys and audience', async () => {
    const second = await testKey('one');
    const auth = authFor({
      issuers: [
        { issuer: ISSUER, audience: AUDIENCE, keys: [key.jwk] },
        { issuer: 'other', audience: 'urn:tools', keys: [second.jwk] },
      ],
    });
    const other = { iss: 'other', aud: 'urn:tools' };
    expect(await askAbout(auth, await key.sign(claims()))).toBe('ada');
    expect(await askAbout(auth, await second.sign(claims(other)))).toBe('ada');
    expect(await askAbout(auth, await key.sign(claims(other)))).toMatch(/^401/);
    expect(await askAbout(auth, await second.sign(claims()))).toMatch(/^401/);
    expect(await askAbout(auth, await second.sign(claims({ iss: 'other' })))).toMatch(/^401/);
  });
});

describe('a token is refused', () => {
  const plain = 'The access token is not valid.';
  const unknownIssuer = 'The access token is of no issuer this server trusts.';

  test.each<[string, () => Promise<string> | string, string]>([
    [
      'for another audience',
      () => key.sign(claims({ aud: 'https://tools.example/' })),
      'The access token is not for this server.',
    ],
    ['for no audience', () => key.sign(without('aud')), 'The access token is not for this server.'],
    ['of another issuer', () => key.sign(claims({ iss: 'https://evil.example' })), unknownIssuer],
    ['of an issuer with a slash more', () => key.sign(claims({ iss: `${ISSUER}/` })), unknownIssuer],
    ['of an issuer called like a property', () => key.sign(claims({ iss: '__proto__' })), unknownIssuer],
    ['of a list of issuers', () => key.sign(claims({ iss: [ISSUER] as never })), unknownIssuer],
    ['of no issuer', () => key.sign(without('iss')), unknownIssuer],
    ['that has expired', () => key.sign(claims({ exp: seconds() - 31 })), 'The access token has expired.'],
    ['that never expires', () => key.sign(without('exp')), 'The access token lacks "exp".'],
    ['with an expiry that is no number', () => key.sign(claims({ exp: 'never' as never })), plain],
    [
      'before its time',
      () => key.sign(claims({ nbf: seconds() + 31 })),
      'The access token is not valid yet.',
    ],
    ['without a subject', () => key.sign(without('sub')), 'The access token lacks "sub".'],
    ['with an empty subject and a client', () => key.sign(claims({ sub: '', client_id: 'cli' })), plain],
    ['with a number for a subject', () => key.sign(claims({ sub: 0 as never, client_id: 'cli' })), plain],
    ['with an empty subject', () => key.sign(claims({ sub: '' })), plain],
    ['signed by somebody else under the same key id', () => foreignKey.sign(claims()), plain],
    ['with an unknown key id', () => key.sign(claims(), { kid: 'two' }), plain],
    ['with a path for a key id', () => key.sign(claims(), { kid: '../../../../dev/null' }), plain],
    ['with a key id called like a property', () => key.sign(claims(), { kid: '__proto__' }), plain],
    [
      'that is a logout token by its type',
      () => key.sign(claims(), { typ: 'logout+jwt' }),
      'This is no access token.',
    ],
    [
      'that needs a proof of possession',
      () => key.sign(claims({ cnf: { jkt: 'x' } })),
      'The access token needs a proof of possession, which this server cannot check.',
    ],
    ['unsigned', () => `${encode({ alg: 'none' })}.${encode(claims())}.`, plain],
    ['unsigned, in odd letters', () => `${encode({ alg: 'nOnE' })}.${encode(claims())}.`, plain],
    ['without an algorithm', () => `${encode({})}.${encode(claims())}.AA`, plain],
    ['with a critical header nobody knows', () => critical(), plain],
    ['that brings its own key', () => foreignKey.sign(claims(), { jwk: foreignKey.jwk, kid: 'mine' }), plain],
    ['with the public key as a shared secret', () => confused(), plain],
    ['with its claims changed', async () => tampered(await key.sign(claims())), plain],
    ['with its signature cut', async () => (await key.sign(claims())).slice(0, -4), plain],
    ['encrypted', () => encrypted(), unknownIssuer],
    ['that is no JWT', () => 'opaque', unknownIssuer],
    ['of dots', () => '...', unknownIssuer],
    ['whose claims are no object', () => `${encode({ alg: 'ES256' })}.${encode([ISSUER])}.AA`, unknownIssuer],
    [
      'deeply nested',
      () => `${encode({ alg: 'ES256' })}.${Buffer.from('['.repeat(8000)).toString('base64url')}.AA`,
      unknownIssuer,
    ],
    [
      'longer than anybody needs',
      () => key.sign(claims({ padding: 'x'.repeat(16_384) })),
      'The access token is too long.',
    ],
  ])('%s', async (_what, make, reason) => {
    expect(await askAbout(authFor(), await make())).toBe(`401 ${reason}`);
  });

  test('that names a place for its key, and the place is not asked', async () => {
    const asked: string[] = [];
    const evil = await listen((request, response) => {
      asked.push(request.url!);
      response.end(JSON.stringify({ keys: [foreignKey.jwk] }));
    });
    for (const header of [
      { jku: `${evil}/jwks` },
      { x5u: `${evil}/x5u` },
      { jku: `${evil}/jwks`, kid: 'mine' },
    ]) {
      expect(await askAbout(authFor(), await foreignKey.sign(claims(), header))).toBe(`401 ${plain}`);
    }
    expect(await askAbout(authFor(), await foreignKey.sign(claims({ iss: evil })))).toBe(
      `401 ${unknownIssuer}`,
    );
    expect(asked).toEqual([]);
  });

  test('in an algorithm that its issuer does not use', async () => {
    const auth = authFor({}, { algorithms: ['ES384'] });
    expect(await askAbout(auth, await key.sign(claims()))).toBe(`401 ${plain}`);
  });

  test('without a type, where the issuer has to give one', async () => {
    const strict = authFor({}, { types: ['at+JWT'] });
    expect(await askAbout(strict, await key.sign(claims(), { typ: 'application/at+jwt' }))).toBe('ada');
    for (const typ of [undefined, 'JWT']) {
      const token = await key.sign(claims(), { typ });
      expect(await askAbout(authFor(), token)).toBe('ada');
      expect(await askAbout(strict, token)).toBe('401 This is no access token.');
    }
  });

  test('that is not where a token belongs', async () => {
    const token = await key.sign(claims());
    for (const [headers, url] of [
      [{ authorization: token }, '/mcp'],
      [{ authorization: `Basic ${token}` }, '/mcp'],
      [{ authorization: `Bearer ${token}, Bearer ${token}` }, '/mcp'],
      [{ 'x-api-key': token }, '/mcp'],
      [{ cookie: `access_token=${token}` }, '/mcp'],
      [{}, `/mcp?access_token=${token}`],
    ] as const) {
      expect(await ask(authFor(), headers, { url })).toMatchObject({ challenge: true, status: 401 });
    }
  });
});

describe('a token that was found valid', () => {
  test('is not verified again for a minute, and gives the same principal', async () => {
    const auth = authFor();
    const headers = { authorization: `Bearer ${await tokenFor(600)}` };
    const first = await ask(auth, headers);
    expect(await ask(auth, headers)).toBe(first);
    await clock.advance(59_999);
    expect(await ask(auth, headers)).toBe(first);
    await clock.advance(1);
    const again = await ask(auth, headers);
    expect(again).toEqual(first);
    expect(again).not.toBe(first);
  });

  test('ends with its expiry, not with the cache', async () => {
    const auth = authFor({ clockToleranceSeconds: 0 });
    const token = await tokenFor(10);
    expect(await askAbout(auth, token)).toBe('ada');
    await clock.advance(9_000);
    expect(await askAbout(auth, token)).toBe('ada');
    await clock.advance(1_000);
    expect(await askAbout(auth, token)).toBe('401 The access token has expired.');
  });

  test('lives no longer because somebody sets the clock back', async () => {
    let offset = 0;
    const auth = authFor({ clock: { ...clock, now: () => clock.now() + offset } });
    const headers = { authorization: `Bearer ${await tokenFor(600)}` };
    const first = await ask(auth, headers);
    offset = -1_000;
    expect(await ask(auth, headers)).not.toBe(first);
  });

  test('is checked anew where the cache is off or has forgotten it', async () => {
    const headers = { authorization: `Bearer ${await tokenFor(600)}` };
    const uncached = authFor({ cache: false });
    expect(await ask(uncached, headers)).not.toBe(await ask(uncached, headers));
    const small = authFor({ cache: { maxEntries: 1 } });
    const first = await ask(small, headers);
    await ask(small, { authorization: `Bearer ${await tokenFor(601)}` });
    expect(await ask(small, headers)).not.toBe(first);
  });

  test('can be revoked, cached or not', async () => {
    const revoked = new Set<unknown>();
    const answers = [
      ({ jti }: JWTPayload) => revoked.has(jti),
      async ({ jti }: JWTPayload) => revoked.has(jti),
    ];
    for (const isRevoked of answers) {
      revoked.clear();
      const auth = authFor({ isRevoked });
      const token = await key.sign(claims({ jti: 'a' }));
      expect(await askAbout(auth, token)).toBe('ada');
      revoked.add('a');
      expect(await askAbout(auth, token)).toBe('401 The access token was revoked.');
      expect(await askAbout(auth, await key.sign(claims({ jti: 'b' })))).toBe('ada');
    }
  });
});

test('whoever cannot tell whether a token was revoked lets nobody in', async () => {
  const token = await tokenFor(600);
  const fails = [() => Promise.reject(new Error('database')), throws];
  for (const isRevoked of fails) {
    const auth = authFor({ isRevoked });
    for (let again = 0; again < 2; again += 1)
      await expect(askAbout(auth, token)).rejects.toThrow('database');
  }
});

describe('options that cannot work', () => {
  const issuer = { issuer: ISSUER, audience: AUDIENCE };
  test.each<[string, Partial<JwtIssuer>]>([
    ['audience', { audience: '' }],
    ['audience', { audience: [] }],
    ['algorithms', { algorithms: ['none'] }],
    ['algorithms', { algorithms: ['HS256'] }],
    ['algorithms', { algorithms: [] }],
    ['jwksUri', { jwksUri: 'http://id.example/jwks' }],
    ['jwksUri', { jwksUri: 'http://169.254.169.254/jwks' }],
    ['jwksUri', { jwksUri: 'http://[::ffff:127.0.0.1]/jwks' }],
    ['jwksUri', { jwksUri: 'http://localhost.evil.example/jwks' }],
    ['jwksUri', { jwksUri: 'http://127.0.0.1.evil.example/jwks' }],
    ['jwksUri', { jwksUri: 'https://user:password@id.example/jwks' }],
    ['jwksUri', { jwksUri: 'file:///etc/passwd' }],
    ['jwksUri', { jwksUri: 'data:application/json,{"keys":[]}' }],
    ['jwksUri', { jwksUri: '/jwks' }],
    ['issuer', { issuer: 'http://id.example' }],
    ['issuer', { issuer: 'accounts' }],
    ['keyOrigins', { keyOrigins: ['http://keys.example'] }],
    ['keys', { jwksUri: 'https://id.example/jwks', keys: [] }],
    ['keys', { keys: ['key'] as never }],
  ])('%s: %j', (option, more) => {
    expect(() => jwtAuth({ issuers: [{ ...issuer, ...more }] })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', option }),
    );
  });

  test('no issuer, or one twice', () => {
    expect(() => jwtAuth({ issuers: [] })).toThrow(/issuers/);
    expect(() => jwtAuth({ issuers: [issuer, issuer] })).toThrow(/twice/);
  });

  test('numbers that are none', () => {
    for (const options of [
      { cache: { maxAgeMs: 0 } },
      { cache: { maxEntries: -1 } },
      { maxTokenLength: NaN },
      { clockToleranceSeconds: -1 },
      { keyFetch: { cooldownMs: 0 } },
      { keyFetch: { timeoutMs: Infinity } },
    ]) {
      expect(() => jwtAuth({ issuers: [issuer], ...options })).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION' }),
      );
    }
  });

  test('a shared secret among fixed keys signs nothing', async () => {
    const secret = new TextEncoder().encode('a secret that is long enough to be one');
    const oct = { kty: 'oct', k: Buffer.from(secret).toString('base64url'), kid: 'shared' };
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: 'shared' })
      .sign(secret);
    expect(await askAbout(authFor({}, { keys: [oct] }), token)).toMatch(/^401/);
  });
});

function critical(): Promise<string> {
  const header = { alg: 'ES256', kid: 'one', crit: ['urn:only-on-mondays'], 'urn:only-on-mondays': true };
  return new SignJWT(claims())
    .setProtectedHeader(header)
    .sign(key.privateKey, { crit: { 'urn:only-on-mondays': true } });
}

/** HS256, with the public key of ES256 for a secret. */
async function confused(): Promise<string> {
  const publicKey = await exportSPKI((await importJWK(key.jwk)) as CryptoKey);
  const body = `${encode({ alg: 'HS256', kid: 'one', typ: 'at+jwt' })}.${encode(claims())}`;
  return `${body}.${createHmac('sha256', publicKey).update(body).digest('base64url')}`;
}

function tampered(token: string): string {
  const [header, , signature] = token.split('.');
  return `${header}.${encode(claims({ sub: 'root' }))}.${signature}`;
}

async function encrypted(): Promise<string> {
  const publicKey = await importJWK({ ...key.jwk, alg: 'ECDH-ES' }, 'ECDH-ES');
  return new EncryptJWT(claims())
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: 'one' })
    .encrypt(publicKey);
}

function throws(): never {
  throw new Error('database');
}
