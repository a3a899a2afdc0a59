import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { definePrompt, defineResource, defineTool, ToolError, type AppEvents } from '../../src/index.ts';
import { createTestClient, fakeClock } from '../../src/testing.ts';
import { never, recordingLogger, settled, testApp } from '../helpers.ts';

const echo = defineTool({ name: 'echo', input: z.object({ text: z.string() }), run: ({ text }) => text });

/** Keeps the events of the given kinds. */
function heard<E extends keyof AppEvents>(
  app: ReturnType<typeof testApp>,
  ...kinds: E[]
): [E, AppEvents[E]][] {
  const events: [E, AppEvents[E]][] = [];
  for (const kind of kinds) app.on(kind, (event) => void events.push([kind, event]));
  return events;
}

describe('events of calls', () => {
  test('toolCalled tells call, result and duration', async () => {
    const clock = fakeClock({ now: 1000 });
    const slow = defineTool({
      name: 'slow',
      run: (_args, call) => new Promise((resolve) => call.clock.after(50, () => resolve('done'))),
    });
    const app = testApp({ clock }).add(slow);
    const events = heard(app, 'toolCalled', 'toolFailed');
    const answer = app.call(slow);
    await clock.advance(50);
    await answer;
    expect(events).toMatchObject([
      [
        'toolCalled',
        { result: { content: [{ text: 'done' }] }, durationMs: 50, call: { method: 'tools/call' } },
      ],
    ]);
  });

  test('toolCalled tells results with isError too; toolFailed tells what was thrown', async () => {
    const thrown = new ToolError('NO', 'No.');
    const broken = new Error('broken');
    const app = testApp().add(
      echo,
      defineTool({ name: 'refuse', run: () => Promise.reject(thrown) }),
      defineTool({ name: 'break', run: () => Promise.reject(broken) }),
    );
    const events = heard(app, 'toolCalled', 'toolFailed');
    const client = createTestClient(app);
    await client.call('refuse');
    const result = await client.call('break');
    await client.call('echo', { text: 7 });
    expect(events).toMatchObject([
      ['toolFailed', { error: thrown, incident: undefined }],
      ['toolFailed', { error: broken, incident: expect.any(String) }],
      ['toolFailed', { error: { code: 'INVALID_ARGUMENTS' }, incident: undefined }],
    ]);
    const { incident } = events[1]![1] as AppEvents['toolFailed'];
    expect(JSON.stringify(result)).toContain(incident);
  });

  test('requestFailed tells what was masked in any other request', async () => {
    const broken = new Error('broken');
    const app = testApp().add(defineResource({ uri: 'note://1', read: () => Promise.reject(broken) }));
    const events = heard(app, 'requestFailed');
    const client = createTestClient(app);
    await expect(client.read('note://1')).rejects.toThrow('Internal error');
    await expect(client.read('note://2')).rejects.toThrow('not found');
    expect(events).toMatchObject([['requestFailed', { error: broken, incident: expect.any(String) }]]);
  });

  test('inputRequired tells the questions a call has ended with', async () => {
    const ask = defineTool({
      name: 'ask',
      run: async (_args, call) =>
        (await call.requireInput('name', { message: 'Name?', schema: z.object({ name: z.string() }) }))
          .action,
    });
    const app = testApp().add(ask);
    const events = heard(app, 'inputRequired', 'toolCalled');
    await createTestClient(app, { onInput: { elicit: () => ({ action: 'decline' }) } }).call(ask);
    expect(events.map(([kind]) => kind)).toEqual(['inputRequired', 'toolCalled']);
    expect(events[0]).toMatchObject(['inputRequired', { keys: ['name'] }]);
  });

  test('a call that was given up by its client fails, for whoever counts calls', async () => {
    const app = testApp().add(defineTool({ name: 'hang', run: () => never }));
    const events = heard(app, 'toolCalled', 'toolFailed');
    const client = createTestClient(app);
    const answer = client.call('hang').catch(() => {});
    await client.close();
    await answer;
    expect(events).toMatchObject([['toolFailed', { error: { code: 'CANCELLED' }, incident: undefined }]]);
  });
});

describe('events of definitions and sessions', () => {
  test('additions and removals', () => {
    const app = testApp();
    const events = heard(
      app,
      'toolAdded',
      'toolRemoved',
      'promptAdded',
      'promptRemoved',
      'resourceAdded',
      'resourceRemoved',
    );
    const prompt = definePrompt({ name: 'p', run: () => '' });
    const resource = defineResource({ uri: 'note://1', read: () => '' });
    app.add(echo, prompt, resource).remove(echo, prompt, resource).remove(echo);
    expect(events).toEqual([
      ['toolAdded', { name: 'echo' }],
      ['promptAdded', { name: 'p' }],
      ['resourceAdded', { address: 'note://1' }],
      ['toolRemoved', { name: 'echo' }],
      ['promptRemoved', { name: 'p' }],
      ['resourceRemoved', { address: 'note://1' }],
    ]);
  });

  test('sessions', async () => {
    const app = testApp();
    const events = heard(app, 'sessionOpened', 'sessionClosed');
    const client = createTestClient(app, { protocolVersion: '2025-06-18', as: { id: 'ada', scopes: [] } });
    await client.connect();
    const id = client.sessionId;
    await client.close();
    expect(events).toMatchObject([
      [
        'sessionOpened',
        {
          id,
          protocolVersion: '2025-06-18',
          principal: { id: 'ada' },
          client: { info: { name: 'test-client' } },
        },
      ],
      ['sessionClosed', { id }],
    ]);
  });
});

describe('a listener', () => {
  test('that throws harms neither the call nor the other listeners', async () => {
    const logger = recordingLogger();
    const app = testApp({ logger }).add(echo);
    const later: string[] = [];
    app.on('toolCalled', () => {
      throw new Error('listener');
    });
    app.on('toolCalled', () => void later.push('heard'));
    expect(await app.call(echo, { text: 'a' })).toBe('a');
    expect(later).toEqual(['heard']);
    expect(logger.lines).toMatchObject([
      { level: 'error', fields: { event: 'toolCalled', err: new Error('listener') } },
    ]);
  });

  test('that rejects is logged, and leaves no unhandled rejection', async () => {
    const logger = recordingLogger();
    const app = testApp({ logger }).add(echo);
    app.on('toolCalled', async () => Promise.reject(new Error('listener')));
    await app.call(echo, { text: 'a' });
    await settled();
    expect(logger.lines).toMatchObject([
      { level: 'error', fields: { event: 'toolCalled', err: new Error('listener') } },
    ]);
  });

  test('that never ends holds nothing up', async () => {
    const app = testApp().add(echo);
    app.on('toolCalled', () => never);
    expect(await app.call(echo, { text: 'a' })).toBe('a');
  });

  test('hears no more once it has stopped, also in the middle of an event', async () => {
    const app = testApp().add(echo);
    const heardBy: string[] = [];
    const stop = app.on('toolCalled', () => {
      heardBy.push('first');
      stop();
    });
    app.on('toolCalled', () => void heardBy.push('second'));
    await app.call(echo, { text: 'a' });
    await app.call(echo, { text: 'b' });
    expect(heardBy).toEqual(['first', 'second', 'second']);
  });
});

test('a mounted app hears of its own calls, under whatever name they came', async () => {
  const child = testApp().add(echo);
  const events = heard(child, 'toolCalled');
  await testApp().mount('x', child).call('x_echo', { text: 'a' });
  expect(events).toHaveLength(1);
});
