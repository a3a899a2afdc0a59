import { describe, expect, test } from 'vitest';

import { initialize, json, type TestSession } from '../helpers.ts';
import { hasRedis } from '../sessions/redis-clients.ts';
import { readEvents, type EventReader } from '../sse-reader.ts';
import { newPrefix, PROOF, startThree } from './nodes.ts';
import { roundRobin } from './round-robin.ts';

const SESSIONS = PROOF ? 60 : 12;
const STEPS = 5;

/** A call whose progress the client has seen. */
interface Running {
  readonly session: TestSession;
  readonly events: EventReader;
  /** The process that answers it. */
  readonly pid: string;
  readonly firstId: string;
}

async function startCall(url: string, index: number): Promise<Running> {
  const session = await initialize(url);
  // So that the node that opens a session is not always the one that serves its call.
  if (index % 2 === 0) await json(session.send('ping'));
  const events = readEvents(await session.call('held', { steps: STEPS }, 'mine'));
  const { params } = await events.message();
  const firstId = events.lastId;
  for (let progress = 2; progress <= STEPS; progress += 1)
    expect(await events.message()).toMatchObject({ params: { progress } });
  return { session, events, pid: params.message, firstId };
}

describe.runIf(hasRedis)('three nodes behind a proxy that knows nothing of sessions', () => {
  test('kill -9 of one loses no session and no event that was sent', async () => {
    const [a, b, c] = await startThree({ prefix: newPrefix() });
    const proxy = await roundRobin([a, b, c]);
    const calls: Running[] = [];
    for (let index = 0; index < SESSIONS; index += 1) calls.push(await startCall(proxy.url, index));
    expect(new Set(calls.map(({ pid }) => pid)).size).toBe(3);
    const isLost = ({ pid }: { pid: string }) => pid === String(a.pid);
    await a.kill();
    for (const { events } of calls) events.close();

    for (const { session } of calls) {
      expect(await json(session.send('ping', {}, 'p'))).toEqual({ jsonrpc: '2.0', id: 'p', result: {} });
    }
    const again = await Promise.all(
      calls.map(async ({ session, pid, firstId }) => {
        const events = readEvents(await session.get({ 'last-event-id': firstId }));
        for (let progress = 2; progress <= STEPS; progress += 1)
          expect(await events.message()).toMatchObject({ params: { progress, message: pid } });
        return { pid, events };
      }),
    );
    for (const { url } of [b, c]) {
      const session = await initialize(url);
      expect((await session.send('tools/call', { name: 'release', arguments: {} })).status).toBe(200);
    }
    for (const { events } of again.filter((call) => !isLost(call))) {
      const released = { id: 'mine', result: { content: [{ text: 'released' }] } };
      expect(await events.rest()).toMatchObject([released]);
    }
    // Those of the dead node are reported lost as soon as it counts as dead.
    for (const { events } of PROOF ? again.filter(isLost) : [])
      expect(await events.rest()).toMatchObject([{ id: 'mine', error: { data: { code: 'NODE_LOST' } } }]);
    for (const { events } of again) events.close();
    for (const { session } of calls) expect((await session.end()).ok).toBe(true);
    for (const { session } of calls) expect((await session.send('ping')).status).toBe(404);
  }, 60_000);
});
