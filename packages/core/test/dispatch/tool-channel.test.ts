import { tracingChannel } from 'node:diagnostics_channel';

import { expect, test } from 'vitest';
import { defineTool, ToolError, type Call } from '../../src/index.ts';
import { testApp } from '../helpers.ts';

test('profilers can watch handlers through the channel mcp:tool:call', async () => {
  const trace: string[] = [];
  const note = (event: string) => (message: unknown) => {
    const { call, error } = message as { call: Call; error?: Error };
    trace.push([event, call.tool?.name, error?.message].filter(Boolean).join(' '));
  };
  const app = testApp().add(
    defineTool({ name: 'ok', run: () => 'done' }),
    defineTool({
      name: 'fail',
      run: () => {
        throw new ToolError('NO', 'No.');
      },
    }),
  );
  const subscribers = {
    start: note('start'),
    end: note('end'),
    asyncStart: note('asyncStart'),
    asyncEnd: note('asyncEnd'),
    error: note('error'),
  };
  const channel = tracingChannel('mcp:tool:call');
  channel.subscribe(subscribers);
  try {
    expect(await app.call('ok')).toBe('done');
    await expect(app.call('fail')).rejects.toMatchObject({ code: 'NO' });
    await expect(app.call('nope')).rejects.toThrow('Unknown tool');
  } finally {
    channel.unsubscribe(subscribers);
  }
  await app.call('ok');
  expect(trace).toEqual([
    'start ok',
    'end ok',
    'asyncStart ok',
    'asyncEnd ok',
    'start fail',
    'end fail',
    'error fail No.',
    'asyncStart fail No.',
    'asyncEnd fail No.',
  ]);
});
