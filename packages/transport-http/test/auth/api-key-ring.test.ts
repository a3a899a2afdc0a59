import type { Principal } from '@toolyard/core';
import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, test } from 'vitest';

import {
  apiKeyRing,
  apiKeys,
  hashApiKey,
  type ApiKeyRecord,
  type ApiKeyRingOptions,
} from '../../src/auth.ts';
import { callModern } from '../helpers.ts';
import { ask, serveAt, toolsApp } from './helpers.ts';

const principal: Principal = { id: 'ci', issuer: 'keys', scopes: ['tools:write'] };

function createRing(options: ApiKeyRingOptions = {}) {
  const clock = fakeClock();
  const ring = apiKeyRing({ clock, ...options });
  const auth = apiKeys(ring, { clock });
  const check = async (key: string) => {
    const verdict = await ask(auth, { 'x-api-key': key });
    return 'challenge' in verdict ? `${verdict.status} ${verdict.message}` : verdict.id;
  };
  return { clock, ring, check };
}

const UNKNOWN = '401 The API key is not known.';
const EXPIRED = '401 The API key has expired.';

describe('a key of a ring', () => {
  test('lets its principal in until it is revoked, on a running server', async () => {
    const { ring } = createRing();
    const { url } = await serveAt(toolsApp(), () => ({ auth: apiKeys(ring) }));
    const { key, record } = await ring.issue({ principal });
    const narrow = await ring.issue({ principal: { ...principal, scopes: [] } });
    const call = async (tool: string, apiKey: string) =>
      (await callModern(url, tool, {}, { 'x-api-key': apiKey })).status;
    expect(await call('write', key)).toBe(200);
    expect(await call('write', narrow.key)).toBe(403);
    expect(await ring.revoke(record.id)).toBe(true);
    expect(await call('write', key)).toBe(401);
    expect(await call('who', narrow.key)).toBe(200);
    expect(await ring.revoke(record.id)).toBe(false);
  });

  test('is long, random, recognisable, and not kept', async () => {
    const { ring } = createRing({ prefix: 'acme' });
    const keys = await Promise.all(
      Array.from({ length: 50 }, () => ring.issue({ principal, label: 'nightly' })),
    );
    expect(new Set(keys.map(({ key }) => key)).size).toBe(50);
    for (const { key, record } of keys) {
      expect(key).toMatch(/^acme_[\w-]{43}$/);
      expect(record).toEqual({
        id: expect.stringMatching(/^[\w-]{12}$/),
        digest: await hashApiKey(key),
        principal,
        createdAt: Date.UTC(2026, 0, 1),
        label: 'nightly',
      });
    }
    const kept = JSON.stringify(ring.list());
    for (const { key } of keys) expect(kept).not.toContain(key.slice(5));
  });

  test('ends when it expires', async () => {
    const { ring, check, clock } = createRing();
    const { key } = await ring.issue({ principal, expiresAt: clock.now() + 1_000 });
    await clock.advance(999);
    expect(await check(key)).toBe('ci');
    expect(ring.list()).toHaveLength(1);
    await clock.advance(1);
    expect(await check(key)).toBe(EXPIRED);
    expect(ring.list()).toEqual([]);
    await expect(ring.issue({ principal, expiresAt: clock.now() })).rejects.toThrow(/expiresAt/);
  });

  test('is not changed from outside', async () => {
    const { ring, check } = createRing();
    const holder = { id: 'ci', scopes: [] as string[] };
    const { key, record } = await ring.issue({ principal: holder });
    holder.id = 'root';
    expect(() => Object.assign(record, { expiresAt: 0 })).toThrow(TypeError);
    expect(await check(key)).toBe('ci');
  });
});

describe('rotation', () => {
  test('gives a new key, and lets the old one work for a while', async () => {
    const { ring, check, clock } = createRing();
    const old = await ring.issue({ principal, label: 'nightly' });
    const next = await ring.rotate(old.record.id, { overlapMs: 60_000 });
    expect(next.record).toMatchObject({ principal, label: 'nightly' });
    expect([await check(old.key), await check(next.key)]).toEqual(['ci', 'ci']);
    await clock.advance(60_000);
    expect([await check(old.key), await check(next.key)]).toEqual([EXPIRED, 'ci']);
    await expect(ring.rotate(old.record.id)).rejects.toMatchObject({ code: 'API_KEY_NOT_FOUND' });
    await expect(ring.rotate('never')).rejects.toMatchObject({ code: 'API_KEY_NOT_FOUND' });
  });

  test('never makes the old key live longer', async () => {
    const { ring, check, clock } = createRing();
    const old = await ring.issue({ principal, expiresAt: clock.now() + 1_000 });
    await ring.rotate(old.record.id);
    await clock.advance(1_000);
    expect(await check(old.key)).toBe(EXPIRED);
  });

  test('without overlap ends the old key at once', async () => {
    const { ring, check } = createRing();
    const old = await ring.issue({ principal });
    const next = await ring.rotate(old.record.id, { overlapMs: 0 });
    expect([await check(old.key), await check(next.key)]).toEqual([EXPIRED, 'ci']);
  });
});

describe('what a ring keeps', () => {
  test('is enough to go on after a restart', async () => {
    let saved = '[]';
    const save = (records: readonly ApiKeyRecord[]) => void (saved = JSON.stringify(records));
    const before = createRing({ save });
    const kept = await before.ring.issue({ principal });
    const revoked = await before.ring.issue({ principal });
    await before.ring.revoke(revoked.record.id);
    const after = createRing({ keys: JSON.parse(saved) as ApiKeyRecord[] });
    expect([await after.check(kept.key), await after.check(revoked.key)]).toEqual(['ci', UNKNOWN]);
  });

  test('is saved one state after the other, the last one last', async () => {
    const sizes: number[] = [];
    let running = 0;
    const { ring } = createRing({
      save: async (records) => {
        expect((running += 1)).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        sizes.push(records.length);
        running -= 1;
      },
    });
    await Promise.all(Array.from({ length: 5 }, () => ring.issue({ principal })));
    expect(sizes.at(-1)).toBe(5);
    expect(sizes).toHaveLength(5);
  });

  test('is not announced when it could not be saved; a revoked key is refused all the same', async () => {
    let fails = false;
    const save = () => (fails ? Promise.reject(new Error('disk full')) : Promise.resolve());
    const { ring, check } = createRing({ save });
    const { key, record } = await ring.issue({ principal });
    fails = true;
    await expect(ring.issue({ principal })).rejects.toThrow('disk full');
    expect(ring.list()).toHaveLength(1);
    await expect(ring.revoke(record.id)).rejects.toThrow('disk full');
    expect(await check(key)).toBe(UNKNOWN);
    fails = false;
    await ring.issue({ principal });
  });

  test('has a limit, which expired keys do not count for', async () => {
    const { ring, clock } = createRing({ maxKeys: 2 });
    await ring.issue({ principal, expiresAt: clock.now() + 1_000 });
    await ring.issue({ principal });
    await expect(ring.issue({ principal })).rejects.toMatchObject({ code: 'API_KEYS_FULL' });
    await clock.advance(1_000);
    await ring.issue({ principal });
  });

  test('has to make sense', () => {
    const digest = 'a'.repeat(64);
    const record = { id: 'one', digest, principal, createdAt: 0 };
    for (const options of [
      { keys: [record, record] },
      { keys: [{ ...record, digest: 'key' }] },
      { prefix: '' },
      { prefix: 'a b' },
      { maxKeys: 0 },
    ]) {
      expect(() => apiKeyRing(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    }
  });
});

test('keys can be looked up elsewhere, and fail with what is there', async () => {
  const digest = await hashApiKey('the key');
  const clock = fakeClock();
  const expiresAt = clock.now() + 1;
  const found = apiKeys(
    { find: async (asked) => (asked === digest ? { digest, principal, expiresAt } : undefined) },
    { clock },
  );
  expect(await ask(found, { 'x-api-key': 'the key' })).toBe(principal);
  expect(await ask(found, { 'x-api-key': 'another' })).toMatchObject({ status: 401 });
  await clock.advance(1);
  expect(await ask(found, { 'x-api-key': 'the key' })).toMatchObject({ message: 'The API key has expired.' });
  const broken = apiKeys({ find: () => Promise.reject(new Error('database')) });
  await expect(ask(broken, { 'x-api-key': 'the key' })).rejects.toThrow('database');
});
