import type { Principal } from '@toolyard/core';
import { expect, test } from 'vitest';

import { challenge, type Authenticate } from '../../src/index.ts';
import { anyOf } from '../../src/auth.ts';
import { ask } from './helpers.ts';

const ada: Principal = { id: 'ada', scopes: [] };
const grace: Principal = { id: 'grace', scopes: [] };
const missing: Authenticate = () => challenge({ description: 'missing' });
const invalid: Authenticate = async () => challenge({ error: 'invalid_token', description: 'invalid' });
const denied: Authenticate = () => challenge({ status: 403, error: 'insufficient_scope' });
const away: Authenticate = () => ({ ...challenge(), status: 503, headers: {} });
const broken: Authenticate = () => {
  throw new Error('broken');
};

test('the first that knows the caller decides, and nobody after it is asked', async () => {
  expect(
    await ask(
      anyOf(missing, invalid, () => ada, broken),
      {},
    ),
  ).toBe(ada);
  expect(
    await ask(
      anyOf(
        () => grace,
        () => ada,
      ),
      {},
    ),
  ).toBe(grace);
});

test('one that fails keeps nobody out whom another knows, and lets nobody in', async () => {
  expect(
    await ask(
      anyOf(broken, away, async () => ada),
      {},
    ),
  ).toBe(ada);
  await expect(ask(anyOf(broken, invalid), {})).rejects.toThrow('broken');
});

test.each<[readonly Authenticate[], number, string | undefined]>([
  [[missing, missing], 401, 'Bearer error_description="missing"'],
  [[missing, invalid], 401, 'Bearer error="invalid_token", error_description="invalid"'],
  [[invalid, missing], 401, 'Bearer error="invalid_token", error_description="invalid"'],
  [[invalid, denied], 403, 'Bearer error="insufficient_scope"'],
  [[away, denied, invalid], 503, undefined],
])('%#: of several refusals the client gets the one that says most', async (ways, status, header) => {
  const refusal = await ask(anyOf(...ways), {});
  expect(refusal).toMatchObject({ challenge: true, status });
  expect('headers' in refusal && refusal.headers['www-authenticate']).toBe(header);
});

test('without any there is nothing to ask', () => {
  expect(() => anyOf()).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
});
