import { expect, test } from 'vitest';

import type { HttpState } from '../../src/index.ts';
import { redisState } from '../../src/redis.ts';
import { memoryState, sqliteState } from '../../src/stores.ts';
import { post, initializeMessage, serve } from '../helpers.ts';
import { nodeApp } from './nodes.ts';

/** Counts what is asked of the sessions of a state. */
function counted() {
  const state = memoryState();
  let beats = 0;
  const sessions = {
    ...state.sessions,
    beat(node: string, ttlMs: number) {
      beats += 1;
      return state.sessions.beat(node, ttlMs);
    },
  };
  return { state: { ...state, sessions }, beats: () => beats };
}

test.each(['reject', 'stateless'] as const)(
  'without sessions (%s) nothing is kept of them',
  async (legacy) => {
    const { state, beats } = counted();
    const { url } = await serve(nodeApp(), { legacy, state });
    await post(url, initializeMessage());
    expect(beats()).toBe(0);
  },
);

test('a driver that throws errors of its own counts as one that cannot be reached', async () => {
  const state = memoryState();
  const broken: HttpState = {
    ...state,
    sessions: {
      ...state.sessions,
      use() {
        throw new Error('password=hunter2 is wrong');
      },
    },
  };
  const { url } = await serve(nodeApp(), { state: broken });
  const headers = { 'mcp-session-id': crypto.randomUUID() };
  const response = await post(url, { jsonrpc: '2.0', id: 7, method: 'ping' }, headers);
  expect(response.status).toBe(503);
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({ id: 7, error: { data: { code: 'STATE_UNAVAILABLE' } } });
  expect(text).not.toContain('hunter2');
});

test('options that cannot work are refused', () => {
  expect(() => sqliteState({})).toThrow('INVALID_OPTION' in Error ? '' : 'path');
  expect(() => sqliteState({ path: ':memory:', pollMs: 0 })).toThrow('pollMs');
  const client = { command: async () => null, ready: true, listen: () => ({}) as never };
  expect(() => redisState(client, { timeoutMs: 0 })).toThrow('timeoutMs');
});
