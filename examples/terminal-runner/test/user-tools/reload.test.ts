import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createApp, defineTool } from '@toolyard/core';
import { createTestClient } from '@toolyard/core/testing';
import { serveHttp } from '@toolyard/transport-http';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, onTestFinished, test } from 'vitest';

import { createUserTools } from '../../src/user-tools/user-tools.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { eras, serveTools, writeTools, type Served } from './serve-tools.ts';

const description = 'For a test.';
const echo = (name: string, word: string) => ({ name, description, run: ['echo', word] });

function none(): Set<string> {
  return new Set();
}

async function namesIn({ app }: Served): Promise<string[]> {
  return (await app.list('tools')).map(({ name }) => name).toSorted();
}

/** Watches of this process, as the system counts them. */
function watched(): number {
  const descriptors = readdirSync('/proc/self/fdinfo').map((fd) => {
    // The descriptor of this very listing is gone by now.
    const isThere = existsSync(`/proc/self/fdinfo/${fd}`);
    return isThere ? readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8') : '';
  });
  return descriptors.join('').split('inotify wd').length;
}

describe.each(eras)('for a %s client', (era) => {
  test('the tools follow the file, and one message tells of it', async () => {
    const served = await serveTools([echo('stays', 'a'), echo('changes', 'b'), echo('goes', 'c')]);
    const { app, write, log } = served;
    const events: string[] = [];
    app.on('toolAdded', ({ name }) => void events.push(`+${name}`));
    app.on('toolRemoved', ({ name }) => void events.push(`-${name}`));
    await using client = createTestClient(app, { era });
    await client.connect();
    const changes = era === 'modern' ? client.listen({ toolsListChanged: true }) : undefined;
    await changes?.acknowledged;
    const told = async () =>
      changes ? (await changes.next()).value?.method : (await client.waitFor(LIST_CHANGED)).method;

    write([echo('stays', 'a'), echo('changes', 'other'), echo('comes', 'd')]);
    expect(await told()).toBe(LIST_CHANGED);
    expect(await namesIn(served)).toEqual(['changes', 'comes', 'stays']);
    expect(events.toSorted()).toEqual(['+changes', '+comes', '-changes', '-goes']);
    expect(await client.call('changes')).toMatchObject({
      structuredContent: { stdout: { text: 'other\n' } },
    });
    expect(log).toEqual([
      {
        level: 'info',
        fields: expect.objectContaining({ added: ['comes'], changed: ['changes'], removed: ['goes'] }),
        message: 'The tools of the file have changed.',
      },
    ]);

    write([]);
    expect(await told()).toBe(LIST_CHANGED);
    expect(await namesIn(served)).toEqual([]);
    const heard = client.notifications.filter(({ method }) => method === LIST_CHANGED);
    expect(heard).toHaveLength(2);
    changes?.close();
  });
});

const LIST_CHANGED = 'notifications/tools/list_changed';

test.each([
  ['2026-07-28', { pin: '2026-07-28' }],
  ['2025-11-25', 'legacy'],
] as const)('the official client of %s hears of a change over HTTP', async (_, mode) => {
  const { app, write } = await serveTools([echo('one', 'a')]);
  const server = await serveHttp(app, { port: 0, host: '127.0.0.1' });
  onTestFinished(() => server.close({ deadlineMs: 0 }));
  const lists: string[][] = [];
  const client = new Client(
    { name: 'test', version: '1.0.0' },
    {
      versionNegotiation: { mode },
      listChanged: {
        tools: { onChanged: (_error, tools) => void lists.push((tools ?? []).map(({ name }) => name)) },
      },
    },
  );
  onTestFinished(() => client.close());
  await client.connect(new StreamableHTTPClientTransport(new URL(server.url)));
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['one']);
  // The stream of changes opens on its own time.
  await expect
    .poll(
      () => {
        if (lists.length === 0) write([echo('one', 'a'), echo(`two_${Date.now()}`, 'b')]);
        return lists[0];
      },
      { timeout: 10_000, interval: 500 },
    )
    .toEqual(['one', expect.stringMatching(/^two_/)]);
});

test('a file that cannot be used changes nothing, and the next that can does', async () => {
  const served = await serveTools([echo('one', 'a')]);
  const { write, log, path } = served;
  const warned = () => log.filter(({ level }) => level === 'warn').map(({ fields }) => fields['problem']);
  write([echo('one', 'b'), { name: 'evil', description, run: ['bash'] }]);
  await expect
    .poll(warned, { timeout: 5_000 })
    .toEqual([expect.stringMatching(/evil: .*\(rule: never\.bash\)/)]);
  writeFileSync(path, '{ "tools": ');
  await expect.poll(warned, { timeout: 5_000 }).toHaveLength(2);
  expect(warned()[1]).toContain('It is not JSON');
  rmSync(path);
  await expect.poll(warned, { timeout: 5_000 }).toHaveLength(3);
  expect(warned()[2]).toContain('ENOENT');
  expect(await namesIn(served)).toEqual(['one']);
  await using client = createTestClient(served.app);
  expect(await client.call('one')).toMatchObject({ structuredContent: { stdout: { text: 'a\n' } } });
  write([echo('two', 'a')]);
  await expect.poll(() => namesIn(served), { timeout: 10_000 }).toEqual(['two']);
});

test('reload reads the file at once, and says nothing where nothing has changed', async () => {
  const served = await serveTools([echo('one', 'a')]);
  const { write, userTools, log } = served;
  await userTools.reload();
  expect(log).toEqual([]);
  write([echo('one', 'a'), echo('two', 'b')]);
  await Promise.all([userTools.reload(), userTools.reload(), userTools.reload()]);
  expect(await namesIn(served)).toEqual(['one', 'two']);
  expect(log).toHaveLength(1);
  write([echo('run', 'a')]);
  await userTools.reload();
  expect(log.at(-1)).toMatchObject({
    level: 'warn',
    fields: { problem: expect.stringContaining('run: This') },
  });
  expect(await namesIn(served)).toEqual(['one', 'two']);
});

test('the own tools are no names of others at the next reading', async () => {
  const served = await serveTools([]);
  const { app, commands, path } = served;
  await served.userTools.close();
  writeTools(path, [echo('one', 'a')]);
  const lists: string[][] = [];
  const reserved = () => new Set(lists.at(-1));
  const userTools = await createUserTools({ app, commands, path, logger: app.logger, reserved });
  onTestFinished(() => userTools.close());
  lists.push(await namesIn(served));
  expect(lists).toEqual([['one']]);
  writeTools(path, [echo('one', 'b'), echo('two', 'b')]);
  await userTools.reload();
  expect(await namesIn(served)).toEqual(['one', 'two']);
});

test('all tools change or none: a name that turns out to be taken leaves the old ones', async () => {
  const served = await serveTools([echo('one', 'a'), echo('two', 'b')]);
  const { app, userTools, write, log } = served;
  app.add(defineTool({ name: 'taken', run: () => '' }));
  write([echo('one', 'other'), echo('three', 'c'), echo('taken', 'd')]);
  await userTools.reload();
  expect(await namesIn(served)).toEqual(['one', 'taken', 'two']);
  expect(log.at(-1)).toMatchObject({ level: 'warn', fields: { problem: expect.stringContaining('taken') } });
  await using client = createTestClient(app);
  expect(await client.call('one')).toMatchObject({ structuredContent: { stdout: { text: 'a\n' } } });
});

test('a call that runs while its tool goes away comes to its end', async () => {
  const served = await serveTools([{ name: 'slow', description, run: ['sleep', '0.5'] }]);
  const { app, commands, userTools, write } = served;
  let started = 0;
  onTestFinished(commands.supervisor.on('processStarted', () => void (started += 1)));
  await using client = createTestClient(app);
  const call = client.call('slow');
  await expect.poll(() => started).toBe(1);
  write([]);
  await userTools.reload();
  expect(await namesIn(served)).toEqual([]);
  expect(await call).toMatchObject({ structuredContent: { exitCode: 0 } });
});

test('a server does not start with a file that cannot be used, and watches nothing then', async () => {
  const { app, commands, path, userTools } = await serveTools([]);
  await userTools.close();
  const before = watched();
  writeTools(path, [echo('good', 'a'), { name: 'evil', description, run: ['bash'] }]);
  await expect(
    createUserTools({ app, commands, path, logger: app.logger, reserved: none }),
  ).rejects.toMatchObject({
    code: 'INVALID_TOOLS',
    message: expect.stringMatching(/^The tools of .*tools\.json cannot be used:\n {2}evil: /),
  });
  expect(await app.list('tools')).toEqual([]);
  expect(watched()).toBe(before);
});

test('nothing is watched after the app is closed', async () => {
  const app = createApp({ name: 'test', version: '1.0.0' });
  const before = watched();
  const { write, userTools, log } = await serveTools([echo('one', 'a')], { app });
  expect(watched()).toBe(before + 1);
  await app.close({ deadlineMs: 0 });
  expect(watched()).toBe(before);
  write([echo('two', 'a')]);
  await userTools.reload();
  expect(log).toEqual([]);
});

test('a link that leads to another file is a change', async () => {
  const { app, commands, userTools } = await serveTools([]);
  await userTools.close();
  // As mounted configuration is replaced: tools.json -> current/tools.json, current -> one directory or the other.
  const directory = temporaryDirectory();
  const at = (...names: readonly string[]) => join(directory, ...names);
  for (const each of ['first', 'second']) {
    mkdirSync(at(each));
    writeTools(at(each, 'tools.json'), [echo(each, 'a')]);
  }
  symlinkSync('first', at('current'));
  symlinkSync('current/tools.json', at('tools.json'));
  const options = { app, commands, path: at('tools.json'), logger: app.logger, reserved: none };
  const linked = await createUserTools(options);
  onTestFinished(() => linked.close());
  symlinkSync('second', at('next'));
  renameSync(at('next'), at('current'));
  const names = async () => (await app.list('tools')).map(({ name }) => name);
  await expect.poll(names, { timeout: 5_000 }).toEqual(['second']);
});
