import { createApp, defineTool, type Principal } from '@toolyard/core';
import { challenge } from '@toolyard/transport-http';
import { beforeEach, describe, expect, test } from 'vitest';

import { connect, modernText } from './raw-connection.ts';
import { modernClient, serve, sessionClient, type Client } from './wires.ts';

const keys = new Map<string, Principal>();
beforeEach(() => {
  keys.clear();
  keys.set('reader', { id: 'reader', scopes: ['read'] });
  keys.set('admin', { id: 'admin', scopes: ['read', 'admin'] });
});

const open = defineTool({ name: 'open', run: () => 'done' });
const reboot = defineTool({ name: 'reboot', access: { scopes: ['admin'] }, run: () => 'done' });

function serveWithKeys() {
  const app = createApp({ name: 'a', version: '1' }).add(open, reboot);
  return serve(app, { auth: (request) => keys.get(request.header('x-api-key') ?? '') ?? challenge() });
}

const as = (key: string) => ({ 'x-api-key': key });

async function names(client: Client, key: string): Promise<string[]> {
  const { result } = await client.ask('tools/list', {}, as(key));
  return (result.tools as { name: string }[]).map(({ name }) => name);
}

test('a connection that is kept alive is asked for its key at each request', async () => {
  const { port } = await serveWithKeys();
  const connection = await connect(port);
  const statuses = [];
  for (const key of ['admin', undefined, 'nobody', 'reader', 'admin']) {
    connection.write(modernText('tools/call', { name: 'reboot' }, { 'x-api-key': key }));
    statuses.push((await connection.answer()).status);
  }
  expect(statuses).toEqual([200, 401, 401, 403, 200]);
});

test('a key that was taken away does not work any more, on the connection it worked on', async () => {
  const { port } = await serveWithKeys();
  const connection = await connect(port);
  const status = async () => {
    connection.write(modernText('tools/call', { name: 'open' }, as('reader')));
    return (await connection.answer()).status;
  };
  const before = await status();
  keys.delete('reader');
  expect([before, await status()]).toEqual([200, 401]);
});

describe.each(['2026-07-28', 'a session'])('in %s', (era) => {
  const connectAs = (url: string, key: string): Promise<Client> =>
    era === 'a session' ? sessionClient(url, as(key)) : Promise.resolve(modernClient(url));

  test('a list made for one principal is not shown to another', async () => {
    const { url } = await serveWithKeys();
    const admin = await connectAs(url, 'admin');
    const reader = await connectAs(url, 'reader');
    const seen = [];
    for (let round = 0; round < 2; round += 1)
      seen.push(await names(admin, 'admin'), await names(reader, 'reader'));
    expect(seen).toEqual([['open', 'reboot'], ['open'], ['open', 'reboot'], ['open']]);
  });

  test('scopes count as they are when a request comes, in calls and in lists', async () => {
    const { url } = await serveWithKeys();
    const client = await connectAs(url, 'admin');
    const look = async () => {
      const { error } = await client.ask('tools/call', { name: 'reboot' }, as('admin'));
      return [error === undefined, (await names(client, 'admin')).includes('reboot')];
    };
    const seen = [await look()];
    for (const scopes of [['read'], ['read', 'admin']]) {
      keys.set('admin', { id: 'admin', scopes });
      seen.push(await look());
    }
    expect(seen).toEqual([
      [true, true],
      [false, false],
      [true, true],
    ]);
  });
});
