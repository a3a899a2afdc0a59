import { createApp, defineTool, ToolError } from '@toolyard/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { wires } from './wires.ts';

const called = { name: 'tool', arguments: { n: 1 } };

describe.each(wires)('over $name, on every call', ({ connect }) => {
  test('arguments are validated, also when the same ones came before', async () => {
    let limit = 1;
    const tool = defineTool({
      name: 'tool',
      input: z.object({ n: z.number().refine((n) => n <= limit, 'too much') }),
      run: () => 'done',
    });
    const client = await connect(createApp({ name: 'a', version: '1' }).add(tool));
    const answers = [];
    for (limit of [1, 0, 1, 0])
      answers.push((await client.ask('tools/call', called))['result'].isError ?? false);
    expect(answers).toEqual([false, true, false, true]);
  });

  test('what a schema makes of the arguments is made anew', async () => {
    const seen: object[] = [];
    const tool = defineTool({
      name: 'tool',
      input: z.object({ n: z.number(), list: z.array(z.number()).default([]) }),
      run(args) {
        seen.push(structuredClone(args));
        args.list.push(7);
        args.n = 8;
        return 'done';
      },
    });
    const client = await connect(createApp({ name: 'a', version: '1' }).add(tool));
    await client.ask('tools/call', called);
    await client.ask('tools/call', called);
    expect(seen).toEqual([
      { n: 1, list: [] },
      { n: 1, list: [] },
    ]);
  });

  test('output is validated, also after it was right', async () => {
    const outputs: unknown[] = [{ sum: 1 }, { sum: 'many' }, { sum: 2 }, {}];
    const tool = defineTool({
      name: 'tool',
      input: z.object({ n: z.number() }),
      output: z.object({ sum: z.number() }),
      run: () => outputs.shift() as { sum: number },
    });
    const client = await connect(createApp({ name: 'a', version: '1' }).add(tool));
    const codes = [];
    for (let call = 0; call < 4; call += 1)
      codes.push((await client.ask('tools/call', called))['error']?.code);
    expect(codes).toEqual([undefined, -32603, undefined, -32603]);
  });

  test('unknown errors are masked, also after one that was meant for the client', async () => {
    const errors: unknown[] = [
      new ToolError('MEANT', 'meant'),
      new Error('hunter2'),
      'hunter2',
      { hunter2: true },
    ];
    const tool = defineTool({
      name: 'tool',
      input: z.object({ n: z.number() }),
      run() {
        throw errors.shift();
      },
    });
    const client = await connect(createApp({ name: 'a', version: '1' }).add(tool));
    const texts = [];
    for (let call = 0; call < 4; call += 1)
      texts.push(JSON.stringify(await client.ask('tools/call', called)));
    expect(texts.map((text) => text.includes('hunter2'))).toEqual([false, false, false, false]);
    expect(texts[0]).toContain('"meant"');
  });

  test('every middleware runs, the first registered outermost', async () => {
    const log: string[] = [];
    const app = createApp({ name: 'a', version: '1' })
      .use(async function outer(_call, next) {
        log.push('outer');
        return next();
      })
      .use('tools/call', async function inner(_call, next) {
        log.push('inner');
        return next();
      })
      .add(defineTool({ name: 'tool', input: z.object({ n: z.number() }), run: () => void log.push('run') }));
    const client = await connect(app);
    log.length = 0;
    for (let call = 0; call < 3; call += 1) await client.ask('tools/call', called);
    await client.ask('tools/list');
    expect(log).toEqual([...Array.from({ length: 3 }, () => ['outer', 'inner', 'run']).flat(), 'outer']);
  });

  test('middleware added later runs too', async () => {
    const log: string[] = [];
    const app = createApp({ name: 'a', version: '1' }).add(
      defineTool({ name: 'tool', input: z.object({ n: z.number() }), run: () => 'done' }),
    );
    const client = await connect(app);
    await client.ask('tools/call', called);
    app.use('tools/call', async function late(_call, next) {
      log.push('late');
      return next();
    });
    await client.ask('tools/call', called);
    expect(log).toEqual(['late']);
  });

  test('lists show at once what was added, disabled, enabled and removed', async () => {
    const [first, second] = ['first', 'second'].map((name) => defineTool({ name, run: () => name })) as [
      any,
      any,
    ];
    const app = createApp({ name: 'a', version: '1' }).add(first);
    const client = await connect(app);
    const names = async () =>
      ((await client.ask('tools/list'))['result'].tools as { name: string }[]).map(({ name }) => name);
    const seen = [await names()];
    for (const change of [
      () => app.add(second),
      () => app.disable(first),
      () => app.enable(first),
      () => app.remove(second),
    ]) {
      change();
      seen.push(await names());
    }
    expect(seen).toEqual([['first'], ['first', 'second'], ['second'], ['first', 'second'], ['first']]);
  });

  test('a tool that was disabled or replaced is not run as it was', async () => {
    const before = defineTool({ name: 'tool', run: () => 'before' });
    const app = createApp({ name: 'a', version: '1' }).add(before);
    const client = await connect(app);
    const text = async () => {
      const { result, error } = await client.ask('tools/call', { name: 'tool' });
      return error?.code ?? result.content[0].text;
    };
    const seen = [await text()];
    app.disable(before);
    seen.push(await text());
    app.remove(before).add(defineTool({ name: 'tool', run: () => 'after' }));
    seen.push(await text());
    expect(seen).toEqual(['before', -32602, 'after']);
  });
});
