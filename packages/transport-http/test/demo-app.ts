import { createApp, definePrompt, defineResource, defineTool, type AppOptions } from '@toolyard/core';
import { z } from 'zod';

import { gate } from './helpers.ts';

/** Answers at once. */
export const echo = defineTool({
  name: 'echo',
  input: z.object({ text: z.string() }),
  run: ({ text }) => text,
});

/** Tells its progress before it answers. */
export const count = defineTool({
  name: 'count',
  input: z.object({ to: z.number() }),
  async run({ to }, call) {
    for (let step = 1; step <= to; step += 1) call.progress({ progress: step, total: to });
    return `counted to ${to}`;
  },
});

export const fail = defineTool({
  name: 'fail',
  run() {
    throw new Error('the password is hunter2');
  },
});

export const note = defineResource({ uri: 'note://1', read: () => 'first' });
export const otherNote = defineResource({ uri: 'note://2', read: () => 'second' });
export const greet = definePrompt({ name: 'greet', run: () => 'Say hello.' });

/** An app with one of everything. */
export function demoApp(options: Partial<AppOptions> = {}) {
  return createApp({ name: 'demo', version: '1.0.0', ...options }).add(
    echo,
    count,
    fail,
    note,
    otherNote,
    greet,
  );
}

/**
 * A tool that runs until it is let go or given up, and what became of its calls.
 *
 * @param steps - progress told before it waits.
 */
export function heldTool({ steps = 0, name = 'held' }: { steps?: number; name?: string } = {}) {
  const { opened, open } = gate();
  const state = {
    started: 0,
    aborted: 0,
    reasons: [] as unknown[],
    release: () => open(),
    tell: (_step: number) => {},
  };
  const tool = defineTool({
    name,
    async run(_args, call) {
      state.started += 1;
      state.tell = (progress) => call.progress({ progress });
      call.signal.addEventListener('abort', () => {
        state.aborted += 1;
        state.reasons.push(call.signal.reason);
      });
      for (let progress = 1; progress <= steps; progress += 1) call.progress({ progress });
      await opened;
      return 'released';
    },
  });
  return { tool, state };
}
