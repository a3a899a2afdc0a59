import { describe, expect, onTestFinished, test } from 'vitest';

import type { EventLog } from '../../src/index.ts';
import { redisState } from '../../src/redis.ts';
import { memoryState } from '../../src/stores.ts';
import { hasRedis, nodeRedis } from '../sessions/redis-clients.ts';
import { newPrefix, PROOF, publish } from './nodes.ts';

const BOUNDS = { maxEvents: 1000, maxBytes: 100_000, maxAgeMs: 300_000 };
const STREAMS = ['standing', 'a', 'b'];

/** Appends events of 10 to 509 characters, and looks at what is kept now and then. */
async function flood(log: EventLog, count: number, look: () => Promise<void>) {
  const session = crypto.randomUUID();
  let most = { events: 0, bytes: 0 };
  const BATCH = 500;
  for (let index = 0; index < count; index += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, offset) => ({
      stream: STREAMS[(index + offset) % STREAMS.length]!,
      // Small ones meet the bound of events, large ones that of bytes.
      text: 'x'.repeat(Math.trunc(index / BATCH / 4) % 2 === 0 ? 10 : 10 + offset),
    }));
    await Promise.all(batch.map(async (event) => log.append(session, event, BOUNDS)));
    const kept = (await Promise.all(STREAMS.map(async (stream) => log.read(session, stream, 0)))).flat();
    const bytes = kept.reduce((sum, { text }) => sum + text.length, 0);
    most = { events: Math.max(most.events, kept.length), bytes: Math.max(most.bytes, bytes) };
    expect(kept.length).toBeLessThanOrEqual(BOUNDS.maxEvents);
    expect(bytes).toBeLessThanOrEqual(BOUNDS.maxBytes);
    await look();
  }
  // The newest is there, whatever went before.
  const { length } = await log.read(session, STREAMS[(count - 1) % STREAMS.length]!, 0);
  expect(length).toBeGreaterThan(0);
  return most;
}

describe('the events of one session never exceed their bounds', () => {
  test('100,000 in memory', async () => {
    const most = await flood(memoryState().events, 100_000, async () => {});
    publish(`Memory log: at most ${most.events} events, ${most.bytes} characters.`);
    expect(most).toEqual({ events: BOUNDS.maxEvents, bytes: expect.closeTo(BOUNDS.maxBytes, -4) });
  });

  test.runIf(hasRedis)(
    `${PROOF ? '100,000' : '5000'} in Redis`,
    async () => {
      const client = await nodeRedis();
      onTestFinished(() => client.destroy());
      const prefix = newPrefix();
      let inRedis = 0;
      const most = await flood(redisState(client, { prefix }).events, PROOF ? 100_000 : 5000, async () => {
        for await (const keys of client.scanIterator({ MATCH: `${prefix}*`, COUNT: 1000 })) {
          const sizes = await Promise.all(keys.map((key) => client.memoryUsage(key)));
          inRedis = Math.max(inRedis, ...sizes.map((size) => size ?? 0));
        }
      });
      publish(
        `Redis log: at most ${most.events} events, ${most.bytes} characters, ${inRedis} bytes in Redis.`,
      );
      expect(most).toEqual({ events: BOUNDS.maxEvents, bytes: expect.closeTo(BOUNDS.maxBytes, -4) });
      // With what Redis adds to each event.
      expect(inRedis).toBeLessThan(BOUNDS.maxBytes * 5);
    },
    120_000,
  );
});
