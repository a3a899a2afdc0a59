// Calls of every kind look alike to the engine: code that reads them stays fast whatever came before.
import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import { expect, test } from 'vitest';
import { z } from 'zod';

import { stateOf } from '../../src/app/call-state.ts';
import { defineTool, type Call } from '../../src/index.ts';
import { createTestClient } from '../../src/testing.ts';
import { testApp } from '../helpers.ts';

setFlagsFromString('--allow-natives-syntax');
const haveSameMap = runInThisContext('(a, b) => %HaveSameMap(a, b)') as (a: object, b: object) => boolean;

test('calls keep one hidden class, whatever happens to them', async () => {
  const seen: Call[] = [];
  const app = testApp()
    .use((call, next) => {
      seen.push(call);
      return next();
    })
    .use((_call, next) => next({ context: { user: 'ada' }, signal: new AbortController().signal }))
    .use((call, next) => {
      seen.push(call);
      return next();
    })
    .add(
      defineTool({ name: 'plain', input: z.object({ n: z.number() }), run: ({ n }) => n }),
      defineTool({
        name: 'busy',
        timeoutMs: 5_000,
        async run(_args, call) {
          call.onSettled(() => {});
          call.annotate({ step: 1 });
          call.log.info({}, 'busy');
          call.progress({ progress: 1 });
          await Promise.resolve(call.signal.aborted);
          return call.id;
        },
      }),
      defineTool({ name: 'fails', run: () => Promise.reject(new Error('no')) }),
      defineTool({
        name: 'asks',
        run: (_args, call) =>
          call.requireInput('name', { message: 'Name?', schema: z.object({ name: z.string() }) }),
      }),
    );
  for (const era of ['legacy', 'modern'] as const) {
    const client = createTestClient(app, {
      era,
      onInput: { elicit: () => ({ action: 'accept', content: { name: 'Ada' } }) },
    });
    await client.call('plain', { n: 1 });
    await client.call('plain', { n: 'one' });
    await client.call('busy');
    await client.call('fails');
    await client.call('asks');
    await client.list('tools');
    const gone = new AbortController();
    const given = client.call('busy', {}, { signal: gone.signal }).catch(() => {});
    gone.abort();
    await given;
    await client.close();
  }
  await app.call('plain', { n: 1 });

  const [first] = seen;
  expect(seen.length).toBeGreaterThan(20);
  const different = seen.filter(
    (call) => !haveSameMap(first!, call) || !haveSameMap(stateOf(first!)!, stateOf(call)!),
  );
  expect(different.map(({ method }) => method)).toEqual([]);
  expect(haveSameMap(first!, {})).toBe(false);
});
