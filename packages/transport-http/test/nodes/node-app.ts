import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';

import { createApp, defineTool, type App } from '@toolyard/core';
import { concurrency } from '@toolyard/core/middleware';
import { z } from 'zod';

/** How many calls a node takes. */
export interface Capacity {
  readonly running: number;
  readonly waiting: number;
}

const readOnly = { readOnlyHint: true };

/** What each of several nodes serves. */
export function createNodeApp(capacity?: Capacity): App<any, any> {
  const held = Promise.withResolvers<void>();
  const app = createApp({ name: 'node', version: '1.0.0', maxSubscriptions: 10_000 }).add(
    defineTool({ name: 'which', annotations: readOnly, run: () => String(process.pid) }),
    defineTool({
      name: 'look',
      annotations: readOnly,
      input: z.object({ id: z.number(), ms: z.number() }),
      async run({ id, ms }) {
        await wait(ms);
        return `look ${id}`;
      },
    }),
    defineTool({
      name: 'held',
      input: z.object({ steps: z.number() }),
      async run({ steps }, call) {
        const message = String(process.pid);
        for (let progress = 1; progress <= steps; progress += 1) call.progress({ progress, message });
        await held.promise;
        return 'released';
      },
    }),
    defineTool({ name: 'release', run: () => held.resolve() }),
    defineTool({
      // Processor time, in slices between which others get theirs.
      name: 'burn',
      annotations: readOnly,
      input: z.object({ slices: z.number(), ms: z.number() }),
      async run({ slices, ms }) {
        for (let slice = 0; slice < slices; slice += 1) {
          const end = performance.now() + ms;
          while (performance.now() < end);
          await turn();
        }
      },
    }),
    defineTool({ name: 'memory', run: memory }),
  );
  if (capacity) {
    const { running, waiting } = capacity;
    app.use('tools/call', concurrency({ max: running, queue: { max: waiting, timeoutMs: 1000 } }));
  }
  return app;
}

/** Bytes in use once everything is collected that can be; needs `--expose-gc`. */
function memory() {
  for (let round = 0; round < 4; round += 1) globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { used: heapUsed + external, rss };
}
