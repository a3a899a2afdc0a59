import { setTimeout as wait } from 'node:timers/promises';

import { describe, expect, test } from 'vitest';

import { faultProxy } from '../client/fault-proxy.ts';
import { callModern, initialize, initializeMessage, json, openStream, post } from '../helpers.ts';
import { hasRedis, REDIS_URL } from '../sessions/redis-clients.ts';
import { startThree, publish } from './nodes.ts';
import { roundRobin } from './round-robin.ts';

describe.runIf(hasRedis)('three nodes that lose Redis', () => {
  test('serve calls without a session, ask others to come back, and recover by themselves', async () => {
    const way = await faultProxy(Number(new URL(REDIS_URL).port || 6379));
    const nodes = await startThree({ redis: `redis://127.0.0.1:${way.port}` });
    const proxy = await roundRobin(nodes);
    const session = await initialize(proxy.url);
    const stream = await openStream(session);

    way.weather = 'refuse';
    way.cut();
    const served: number[] = [];
    for (let call = 0; call < 30; call += 1) {
      const answer = await json(callModern(proxy.url, 'look', { id: call, ms: 1 }));
      served.push(answer.result?.content[0].text === `look ${call}` ? 1 : 0);
      for (const send of [
        () => session.send('ping'),
        () => session.send('tools/call', { name: 'which', arguments: {} }),
        () => post(proxy.url, initializeMessage()),
      ]) {
        const refused = await send();
        expect(refused.status).toBe(503);
        expect(refused.headers.get('retry-after')).toBe('2');
        expect(await json(refused)).toMatchObject({ error: { data: { code: 'STATE_UNAVAILABLE' } } });
      }
    }
    expect(served).toEqual(served.map(() => 1));

    way.weather = 'fine';
    const mendedAt = performance.now();
    // Until each of the nodes has answered.
    for (const { url } of nodes) {
      for (;;) {
        const answer = await post(url, { jsonrpc: '2.0', id: 'p', method: 'ping' }, session.headers);
        if (answer.status === 200) break;
        expect(answer.status).toBe(503);
        expect(performance.now() - mendedAt).toBeLessThan(10_000);
        await wait(20);
      }
    }
    publish(`Outage: all nodes served sessions ${Math.round(performance.now() - mendedAt)} ms after it.`);
    for (let call = 0; call < 6; call += 1) expect((await session.send('ping')).status).toBe(200);
    expect((await post(proxy.url, initializeMessage())).status).toBe(200);
    stream.close();
  }, 40_000);
});
