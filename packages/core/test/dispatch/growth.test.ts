import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineTool, ToolError, type Clock, type Exchange } from '../../src/index.ts';
import { envelope, settled, testApp } from '../helpers.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test('100,000 requests leave nothing behind: no memory, no listeners, no timers, no ids', async () => {
  const pending = new Set<object>();
  const clock: Clock = {
    now: Date.now,
    monotonic: () => performance.now(),
    after() {
      const timer = {};
      pending.add(timer);
      return { cancel: () => void pending.delete(timer) };
    },
    timeout: () => {
      throw new Error('not used');
    },
  };
  const app = testApp({ clock })
    .use(async (_call, next) => next())
    .add(
      defineTool({
        name: 'ok',
        input: z.object({ n: z.number() }),
        run: async ({ n }, call) => ({ n, aborted: call.signal.aborted }),
      }),
      defineTool({ name: 'fail', run: () => Promise.reject(new ToolError('NO', 'No.')) }),
      defineTool({ name: 'hang', run: () => new Promise(() => {}) }),
    );
  const connection = new AbortController();
  const base = {
    transport: 'memory',
    era: 'modern' as const,
    principal: { id: 'ada', scopes: [] },
    scope: 'c',
    notify: () => {},
  };
  const send = (id: number, name: string, exchange: Exchange) =>
    app.dispatch(
      { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: { n: id }, _meta: envelope } },
      exchange,
    );

  async function round(requests: number): Promise<number> {
    for (let id = 0; id < requests; id += 1) {
      const exchange = { ...base, signal: connection.signal };
      if (id % 100 === 0) {
        const hanging = send(id, 'hang', exchange);
        await app.dispatch(
          { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } },
          exchange,
        );
        await hanging;
      } else {
        await send(id, id % 10 === 0 ? 'fail' : 'ok', exchange);
      }
    }
    await settled();
    collectGarbage();
    return process.memoryUsage().heapUsed;
  }

  await round(5000); // warm up
  const before = await round(1000);
  const after = await round(100_000);
  expect(getEventListeners(connection.signal, 'abort')).toEqual([]);
  // One for the deadlines of all calls.
  expect(pending.size).toBe(1);
  expect((after - before) / 1024, 'KiB more').toBeLessThan(1024);
  await app.close(); // would wait for what is still active
  expect(pending.size).toBe(0);
}, 120_000);
