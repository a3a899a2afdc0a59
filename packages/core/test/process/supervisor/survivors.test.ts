// Whatever ends a program, nothing of its tree is left. Linux, where all of it can be found.
import { describe, expect, test } from 'vitest';
import type { ManagedProcess } from '../../../src/process/supervisor/managed-process.ts';
import type { StartOptions } from '../../../src/process/supervisor/supervisor.ts';
import { processesWith, ready, supervise, uniqueSeconds, waitForProcesses } from './helpers.ts';
import { STUBBORN } from './stubborn.ts';

type Supervised = ReturnType<typeof supervise>;

/** Ways to end a program: what it is started with, and what is done once it runs. */
const ENDINGS: Readonly<
  Record<
    string,
    {
      reason: string;
      options?: Partial<StartOptions>;
      end?(started: ManagedProcess, by: Supervised): unknown;
    }
  >
> = {
  kill: { reason: 'killed', end: (started) => started.kill() },
  'a time limit': { reason: 'timedOut', options: { timeoutMs: 600 } },
  'an idle limit': { reason: 'idle', options: { idleTimeoutMs: 500 } },
  'close of the supervisor': { reason: 'closed', end: (_, { supervisor }) => supervisor.close() },
  'SIGKILL to the group': { reason: 'killed', end: (started) => started.signal('SIGKILL') },
};

describe.runIf(process.platform === 'linux').concurrent.each(Object.entries(STUBBORN))(
  'a program that %s',
  (_, script) => {
    test.for(Object.entries(ENDINGS))('%s', async ([, ending], context) => {
      const { reason, options } = ending;
      const by = supervise({}, context);
      const seconds = uniqueSeconds();
      const started = await by.sh(script(seconds), options);
      await ready(started);
      await waitForProcesses(seconds, 1);
      await ending.end?.(started, by);
      expect(await started.exited).toMatchObject({ reason });
      expect(processesWith(seconds)).toEqual([]);
    });

    test('a cancelled call', async (context) => {
      const cancelled = new AbortController();
      const seconds = uniqueSeconds();
      const started = await supervise({}, context).sh(script(seconds), { signal: cancelled.signal });
      await ready(started);
      cancelled.abort();
      expect(await started.exited).toMatchObject({ reason: 'cancelled' });
      expect(processesWith(seconds)).toEqual([]);
    });
  },
);
