import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { redisState } from '../../src/redis.ts';
import { memoryState, sqliteState } from '../../src/stores.ts';
import { testHttpState } from '../../src/sessions/testing/state-contract.ts';
import { hasRedis, ioRedis, nodeRedis, PREFIX } from './redis-clients.ts';

const api = { describe, test, expect };

testHttpState(
  'memoryState',
  async (clock) => {
    const state = memoryState({ clock });
    return { nodes: [state, state], close: async () => {} };
  },
  api,
);

testHttpState(
  'sqliteState',
  async (clock) => {
    const directory = mkdtempSync(join(tmpdir(), 'toolyard-state-'));
    const open = () => sqliteState({ path: join(directory, 'state.db'), clock });
    const nodes = [open(), open()] as const;
    return {
      nodes,
      async close() {
        for (const node of nodes) await node.close();
        rmSync(directory, { recursive: true });
      },
    };
  },
  api,
);

describe.runIf(hasRedis)('with Redis', () => {
  let number = 0;
  const nextPrefix = () => `${PREFIX}${(number += 1)}:`;

  testHttpState(
    'redisState with redis',
    async (clock) => {
      const clients = [await nodeRedis(), await nodeRedis()] as const;
      const options = { prefix: nextPrefix(), clock };
      return {
        nodes: [redisState(clients[0], options), redisState(clients[1], options)],
        close: async () => clients.forEach((client) => client.destroy()),
      };
    },
    api,
  );

  testHttpState(
    'redisState with ioredis',
    async (clock) => {
      const clients = [await ioRedis(), await ioRedis()] as const;
      const options = { prefix: nextPrefix(), clock };
      return {
        nodes: [redisState(clients[0], options), redisState(clients[1], options)],
        close: async () => clients.forEach((client) => client.disconnect()),
      };
    },
    api,
  );
});
