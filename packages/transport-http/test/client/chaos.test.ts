import { setTimeout as wait } from 'node:timers/promises';

import { createApp, defineTool } from '@toolyard/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { serve, until } from '../helpers.ts';
import { faultProxy, type Weather } from './fault-proxy.ts';
import { ERAS, isClientError, managed } from './managed.ts';

/** How long the weather is bad. */
const STORM_MS = process.env['TOOLYARD_PROOF'] === '1' ? 20_000 : 1500;

describe.each(ERAS)('era %s', (era) => {
  test('in bad weather no write runs twice, every read is answered, and in the end all is well', async () => {
    const writes = new Map<number, number>();
    const write = defineTool({
      name: 'write',
      input: z.object({ id: z.number() }),
      async run({ id }) {
        writes.set(id, (writes.get(id) ?? 0) + 1);
        await wait(id % 7);
        return `wrote ${id}`;
      },
    });
    const read = defineTool({
      name: 'read',
      annotations: { readOnlyHint: true },
      input: z.object({ id: z.number() }),
      async run({ id }) {
        await wait(id % 5);
        return `read ${id}`;
      },
    });
    const { port } = await serve(createApp({ name: 'storm', version: '1.0.0' }).add(write, read), {
      keepAliveMs: 30,
    });
    const proxy = await faultProxy(port);
    const client = managed({
      url: proxy.url,
      era,
      keepAliveMs: 30,
      probeTimeoutMs: 100,
      connectTimeoutMs: 200,
      maxAttempts: 50,
    });
    await client.connect();
    await client.list('tools');

    const weather = { isBad: true };
    const storm = (async () => {
      const end = Date.now() + STORM_MS;
      const weathers: Weather[] = ['fine', 'silent', 'refuse', 'fine'];
      for (let turn = 0; Date.now() < end; turn += 1) {
        proxy.weather = weathers[turn % weathers.length] as Weather;
        if (turn % 3 === 0) proxy.cut();
        await wait(20 + ((turn * 37) % 90));
      }
      proxy.weather = 'fine';
      proxy.cut();
      weather.isBad = false;
    })();

    const outcomes: { kind: string; id: number; error?: unknown; text?: string }[] = [];
    const work = async (kind: 'read' | 'write', first: number) => {
      for (let id = first; weather.isBad; id += 10) {
        try {
          const timeoutMs = kind === 'read' ? 15_000 : 500;
          const result = await client.call(kind, { id }, { timeoutMs, onProgress: () => {} });
          outcomes.push({ kind, id, text: (result.content[0] as { text: string }).text });
        } catch (error) {
          outcomes.push({ kind, id, error });
        }
      }
    };
    await Promise.all([storm, work('read', 0), work('read', 1), work('write', 2), work('write', 3)]);

    const runsOf = (id: number) => writes.get(id) ?? 0;
    const reads = outcomes.filter(({ kind }) => kind === 'read');
    const wrote = outcomes.filter(({ kind }) => kind === 'write');
    expect(reads.filter(({ id, text }) => text !== `read ${id}`)).toEqual([]);
    expect([...writes].filter(([, runs]) => runs > 1)).toEqual([]);
    const answered = wrote.filter(({ text }) => text !== undefined);
    expect(answered.filter(({ id, text }) => text !== `wrote ${id}` || runsOf(id) !== 1)).toEqual([]);
    // Whoever is told that a call did not run can rely on it.
    const notRun = wrote.filter(({ error }) => isClientError(error) && !error.mayHaveRun);
    expect(notRun.filter(({ id }) => runsOf(id) > 0)).toEqual([]);
    // Proof that the storm did something, and left something.
    expect(reads.length).toBeGreaterThan(5);
    expect(answered.length).toBeGreaterThan(0);
    expect(client.statistics().calls.replayed).toBeGreaterThan(0);
    await until(() => client.state.status === 'online');
    expect(client.statistics().calls).toMatchObject({ running: 0, waiting: 0 });
  }, 60_000);
});
