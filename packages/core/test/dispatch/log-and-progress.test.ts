import { describe, expect, test } from 'vitest';
import { defineTool, type Call } from '../../src/index.ts';
import { createTestClient } from '../../src/testing.ts';
import { eras, settled, testApp } from '../helpers.ts';

const levels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;
type Level = (typeof levels)[number];

const talk = defineTool({
  name: 'talk',
  run: (_args, call) => {
    for (const level of levels) call.sendLog(level, { said: level }, 'talker');
  },
});

function heard({
  notifications,
}: {
  readonly notifications: readonly { method: string; params?: object | undefined }[];
}): Level[] {
  return notifications
    .filter(({ method }) => method === 'notifications/message')
    .map(({ params }) => (params as { level: Level }).level);
}

describe('log messages', () => {
  test('go to a 2026 client that asks for them, from its level up', async () => {
    const app = testApp().add(talk);
    for (const [index, logLevel] of levels.entries()) {
      const client = createTestClient(app, { logLevel });
      await client.call(talk);
      expect(heard(client), `from ${logLevel}`).toEqual(levels.slice(index));
    }
  });

  test('do not go to a 2026 client that does not ask', async () => {
    const client = createTestClient(testApp().add(talk));
    await client.call(talk);
    expect(client.notifications).toEqual([]);
  });

  test('go to a 2025 client from info up, until it sets a level for its session', async () => {
    const client = createTestClient(testApp().add(talk), { era: 'legacy' });
    await client.call(talk);
    expect(heard(client)).toEqual(levels.slice(1));
    await client.request('logging/setLevel', { level: 'alert' });
    await client.call(talk);
    expect(heard(client).slice(7)).toEqual(['alert', 'emergency']);
  });

  test.each([undefined, 'loud', 7, null, {}])('have no level %j', async (level) => {
    const client = createTestClient(testApp(), { era: 'legacy' });
    await expect(client.request('logging/setLevel', { level } as never)).rejects.toMatchObject({
      rpcCode: -32602,
    });
  });

  test('say what, how bad, and by which logger', async () => {
    const client = createTestClient(
      testApp().add(defineTool({ name: 'say', run: (_args, call) => call.sendLog('error', ['a', 1]) }), talk),
      { logLevel: 'emergency' },
    );
    await client.call('say');
    await client.call(talk);
    expect(client.notifications).toEqual([
      {
        method: 'notifications/message',
        params: { level: 'emergency', data: { said: 'emergency' }, logger: 'talker' },
      },
    ]);
  });
});

const work = defineTool({
  name: 'work',
  run: (_args, call) => {
    call.progress({ progress: 1 });
    call.progress({ progress: 2, total: 4, message: 'half' });
  },
});

describe.each(eras)('progress (%s)', (era) => {
  test('goes to a client that sent a token, under it', async () => {
    const client = createTestClient(testApp().add(work), { era });
    await client.call(work, {}, { meta: { progressToken: 'abc' } });
    await client.call(work, {}, { meta: { progressToken: 0 } });
    const expected = ['abc', 0].flatMap((progressToken) => [
      { method: 'notifications/progress', params: { progressToken, progress: 1 } },
      { method: 'notifications/progress', params: { progressToken, progress: 2, total: 4, message: 'half' } },
    ]);
    expect(client.notifications).toEqual(expected);
  });

  test('goes nowhere without a token', async () => {
    const client = createTestClient(testApp().add(work), { era });
    await client.call(work);
    expect(client.notifications).toEqual([]);
  });

  test('stops when the call has settled', async () => {
    let late: Call | undefined;
    const app = testApp().add(defineTool({ name: 'keep', run: (_args, call) => void (late = call) }));
    const client = createTestClient(app, { era, logLevel: 'debug' });
    await client.call('keep', {}, { meta: { progressToken: 1 } });
    late?.progress({ progress: 1 });
    late?.sendLog('error', 'late');
    await settled();
    expect(client.notifications).toEqual([]);
  });
});

describe('progress of a 2025 client', () => {
  test.each([{}, [], null, true, 1.5])('needs a token that is one: not %j', async (progressToken) => {
    const client = createTestClient(testApp().add(work), { era: 'legacy' });
    await client.call(work, {}, { meta: { progressToken } });
    expect(client.notifications).toEqual([]);
  });

  test('has no message before 2025-03-26', async () => {
    for (const protocolVersion of ['2024-11-05', '2025-03-26']) {
      const client = createTestClient(testApp().add(work), { protocolVersion });
      await client.call(work, {}, { meta: { progressToken: 1 } });
      expect('message' in client.notifications[1]!.params!).toBe(protocolVersion === '2025-03-26');
    }
  });
});
