import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';

import { anyOf, apiKeyRing, apiKeys, authEvents, jwtAuth, protectedResource } from '../../src/auth.ts';
import { ask, testKey, type TestKey } from './helpers.ts';

let key: TestKey;
let valid: string;
beforeAll(async () => {
  key = await testKey('one');
  const exp = Math.floor(Date.now() / 1000) + 600;
  valid = await key.sign({ iss: 'id', aud: 'tools', sub: 'ada', exp });
});

const createAuth = () => {
  const jwt = jwtAuth({ issuers: [{ issuer: 'id', audience: 'tools', keys: [key.jwk] }] });
  const resource = protectedResource({
    resource: 'https://tools.example/mcp',
    authorizationServers: ['https://id.example'],
  });
  return resource.protect(
    authEvents({ onDecision: JSON.stringify }).watch(anyOf(apiKeys(apiKeyRing()), jwt)),
  );
};

test('whatever is sent, the answer is a refusal with headers that can be sent', async () => {
  const auth = createAuth();
  const part = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json().map((text) => Buffer.from(text).toString('base64url')),
    fc.constantFrom(...valid.split('.')),
  );
  const token = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(part, { maxLength: 6 }).map((all) => all.join('.')),
  );
  const scheme = fc.constantFrom('', 'Bearer ', 'bearer   ', 'Basic ', 'Bearer\t');
  const credentials = fc.record(
    { authorization: fc.tuple(scheme, token).map((all) => all.join('')), 'x-api-key': token },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(credentials, fc.webPath(), async (sent, url) => {
      fc.pre(!sent.authorization?.endsWith(valid));
      const verdict = await ask(auth, sent, { url });
      const { status, headers } = 'challenge' in verdict ? verdict : { status: 200, headers: {} };
      expect(status).toBe(401);
      expect(new Headers(headers).get('www-authenticate')).toMatch(/^Bearer /);
    }),
    { numRuns: 500 },
  );
});

test('a token with any character of its header or claims changed is refused', async () => {
  const auth = createAuth();
  const length = valid.lastIndexOf('.');
  const character = fc.constantFrom(
    ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.='.split(''),
  );
  await fc.assert(
    fc.asyncProperty(fc.nat(length - 1), character, async (at, other) => {
      fc.pre(valid[at] !== other);
      const token = `${valid.slice(0, at)}${other}${valid.slice(at + 1)}`;
      expect(await ask(auth, { authorization: `Bearer ${token}` })).toMatchObject({ status: 401 });
    }),
    { numRuns: 300 },
  );
  expect(await ask(auth, { authorization: `Bearer ${valid}` })).toMatchObject({ id: 'ada' });
});
