import { describe, expect, test, vi } from 'vitest';

import { managed, ERAS } from '../client/managed.ts';
import { hasRedis, REDIS_URL } from '../sessions/redis-clients.ts';
import { newPrefix, PROOF, startNode, startThree, type Node, publish } from './nodes.ts';
import { roundRobin } from './round-robin.ts';

const CALLERS = 5;
const ROUNDS = 3;
/** Every restart may cost the five seconds that a draining node asks clients to wait. */
const RESTARTED = PROOF ? 3 : 1;

/** Each era, with nodes that drain and nodes that just end. */
const CASES = PROOF
  ? ERAS.flatMap((era) => [{ era, end: 'stop' } as const, { era, end: 'kill' } as const])
  : [{ era: 'legacy', end: 'stop' } as const, { era: 'auto', end: 'kill' } as const];

describe.runIf(hasRedis).each(CASES)('era $era, $end', ({ era, end }) => {
  test(`a restart of ${RESTARTED} of three nodes, one by one under load, fails no call`, async () => {
    const prefix = newPrefix();
    const nodes: Node[] = await startThree({ prefix });
    const proxy = await roundRobin(nodes);
    const client = managed({ url: proxy.url, era });
    await client.connect();
    await client.list('tools');

    const load = { isOver: false };
    let answered = 0;
    let slowestMs = 0;
    const failures: unknown[] = [];
    const callers = Array.from({ length: CALLERS }, async (_, caller) => {
      for (let id = caller; !load.isOver; id += CALLERS) {
        const startedAt = performance.now();
        try {
          const { content } = await client.call('look', { id, ms: 5 + (id % 20) });
          expect(content).toEqual([{ type: 'text', text: `look ${id}` }]);
          answered += 1;
          slowestMs = Math.max(slowestMs, performance.now() - startedAt);
        } catch (error) {
          failures.push(error);
        }
      }
    });

    for (let round = 0; round < (PROOF ? ROUNDS : 1); round += 1) {
      for (const [index, old] of nodes.slice(0, RESTARTED).entries()) {
        const next = await startNode({ redis: REDIS_URL, prefix });
        const before = answered;
        await old[end]();
        expect([old.process.exitCode, old.process.signalCode]).toEqual(
          end === 'stop' ? [0, null] : [null, 'SIGKILL'],
        );
        nodes[index] = next;
        await vi.waitUntil(() => answered > before + 20, { timeout: 15_000, interval: 5 });
      }
    }
    load.isOver = true;
    await Promise.all(callers);
    const { calls, connection } = client.statistics();
    publish(
      `Restart (${era}, ${end}): ${answered} calls answered, ${failures.length} failed, ${calls.replayed} replayed, ` +
        `slowest ${Math.round(slowestMs)} ms, ${connection.reinitialized} new sessions; ` +
        `statuses ${JSON.stringify([...proxy.statuses])}`,
    );
    expect(failures).toEqual([]);
    expect(connection.reinitialized).toBe(0);
  }, 120_000);
});
