import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Principal } from '../../../src/index.ts';
import type { ArtifactStore } from '../../../src/process/artifacts/artifact-store.ts';
import { artifacts } from '../../../src/process/artifacts/artifacts-plugin.ts';
import { fileArtifactStore } from '../../../src/process/artifacts/file-artifact-store.ts';
import { callerKey } from '../../../src/principal.ts';
import { createTestClient, fakeClock } from '../../../src/testing.ts';
import { eras, settled, testApp } from '../../helpers.ts';

const ann: Principal = { id: 'ann', scopes: [] };
const bob: Principal = { id: 'bob', scopes: [] };
const annKey = callerKey({ tenant: undefined, principal: ann });

let directory: string;
let store: ArtifactStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'artifacts-plugin-test-'));
  store = fileArtifactStore({ directory: join(directory, 'store') });
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

async function put(text: string | Uint8Array, facts = {}): Promise<string> {
  const writer = await store.create(annKey, facts);
  await writer.write(text);
  await writer.end();
  return writer.id;
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('');
const setup = (options = {}) => testApp().install(artifacts, { store, ...options });

describe.each(eras)('a client of the %s era', (era) => {
  test('reads its artifacts as resources', async () => {
    const [text, picture] = [
      await put('the log\n', { name: 'log' }),
      await put(new Uint8Array([1, 2]), { mimeType: 'image/png' }),
    ];
    const client = createTestClient(setup(), { era, as: ann });
    expect((await client.read(`artifact://${text}`)).contents).toEqual([
      { uri: `artifact://${text}`, mimeType: 'text/plain', text: 'the log\n' },
    ]);
    expect((await client.read(`artifact://${picture}`)).contents).toEqual([
      { uri: `artifact://${picture}`, mimeType: 'image/png', blob: 'AQI=' },
    ]);
    expect(await client.list('resources')).toEqual([
      { uri: `artifact://${text}`, name: 'log', mimeType: 'text/plain', size: 8 },
      { uri: `artifact://${picture}`, name: picture, mimeType: 'image/png', size: 2 },
    ]);
  });

  test('reads a large one part by part', async () => {
    const id = await put(numbered(1000));
    const client = createTestClient(setup(), { era, as: ann });
    const { contents } = await client.read(`artifact://${id}?from=7&bytes=14`);
    expect(contents).toMatchObject([{ text: 'line 2\nline 3\n', _meta: { 'toolyard/next': 21 } }]);
  });

  test('learns nothing of those of others', async () => {
    const id = await put('mine');
    const client = createTestClient(setup(), { era, as: bob });
    const foreign = await client.read(`artifact://${id}`).catch((error: unknown) => error);
    const unknown = await client.read(`artifact://${'0'.repeat(32)}`).catch((error: unknown) => error);
    expect(JSON.stringify(foreign).replace(id, '0'.repeat(32))).toBe(JSON.stringify(unknown));
    expect(foreign).toMatchObject({ data: { uri: `artifact://${id}` } });
    expect(await client.list('resources')).toEqual([]);
    const answer = await client.call('read_output', { id });
    expect(answer.isError).toBe(true);
    expect(JSON.stringify(answer.content)).toContain('There is no artifact');
  });

  test('hears of growth at most twice a second, and of the end at once', async () => {
    const clock = fakeClock();
    const app = testApp({ clock }).install(artifacts, { store });
    const client = createTestClient(app, { era, as: ann });
    const writer = await store.create(annKey);
    const uri = `artifact://${writer.id}`;
    const updates = await updatesOf(client, era, uri);
    for (let step = 0; step < 20; step++) await writer.write('more\n');
    await settled();
    expect(updates()).toBe(1);
    await clock.advance(500);
    expect(updates()).toBe(2);
    await clock.advance(5_000);
    expect(updates()).toBe(2);
    await writer.write('more\n');
    await writer.end();
    await settled();
    expect(updates()).toBe(4);
    await app.close();
  });
});

/** How many updates of the URI the client has had, once it is subscribed. */
async function updatesOf(
  client: ReturnType<typeof createTestClient>,
  era: (typeof eras)[number],
  uri: string,
): Promise<() => number> {
  if (era === 'legacy') {
    await client.subscribe(uri);
    return () =>
      client.notifications.filter(({ method }) => method === 'notifications/resources/updated').length;
  }
  const stream = client.listen({ resourceSubscriptions: [uri] });
  await stream.acknowledged;
  let count = 0;
  void (async () => {
    for await (const change of stream) if (change.method === 'notifications/resources/updated') count += 1;
  })();
  return () => count;
}

/** The text that a model gets. */
async function read(args: Record<string, unknown>): Promise<string> {
  const client = createTestClient(setup(), { as: ann });
  const { content } = await client.call('read_output', args);
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

describe('read_output', () => {
  test('reads lines and says how to go on', async () => {
    const id = await put(numbered(1000), { name: 'npm test' });
    expect(await read({ id, fromLine: 10, lines: 2 })).toBe(
      '[bytes 63 to 79 of 8893 bytes in 1000 lines of "npm test"; go on with fromLine: 12]\nline 10\nline 11\n',
    );
    expect(await read({ id })).toMatch(/^\[bytes 0 to 3492 of .*; go on with fromLine: 401\]\nline 1\n/);
    expect(await read({ id, lastLines: 1 })).toBe(
      '[bytes 8883 to 8893 of 8893 bytes in 1000 lines of "npm test"]\nline 1000\n',
    );
    expect(await read({ id, from: 8883, bytes: 6 })).toMatch(/; go on with from: 8891\]\nline 100$/);
  });

  test('finds lines', async () => {
    const id = await put(numbered(1000));
    expect(await read({ id, search: 'LINE 99', ignoreCase: true, from: 8791 })).toBe(
      '[10 matching lines in 8893 bytes in 1000 lines]\n' +
        Array.from({ length: 10 }, (_, index) => `${990 + index}: line ${990 + index}`).join('\n'),
    );
    expect(await read({ id, pattern: '^line [12]$' })).toBe(
      '[2 matching lines in 8893 bytes in 1000 lines]\n1: line 1\n2: line 2',
    );
    expect(await read({ id, search: 'line' })).toMatch(
      /^\[40 matching lines in .*; go on with from: \d+\]\n1: line 1\n/,
    );
    expect(await read({ id, pattern: '(' })).toContain('The pattern "(" is not valid');
  });

  test('says of a growing one where its end is', async () => {
    const writer = await store.create(annKey);
    await writer.write('one\n');
    expect(await read({ id: writer.id })).toBe(
      '[bytes 0 to 4 of 4 bytes in 1 lines, still growing; go on with from: 4]\none\n',
    );
    expect(await read({ id: writer.id, search: 'two' })).toBe(
      '[0 matching lines in 4 bytes in 1 lines, still growing; go on with from: 4]',
    );
  });

  test('stays within 20 kB, whatever is asked for', async () => {
    const id = await put('x'.repeat(100_000));
    for (const args of [{}, { lastLines: 5 }, { from: 3, bytes: 90_000 }, { bytes: 90_000 }]) {
      expect((await read({ id, ...args })).length).toBeLessThan(20_200);
    }
  });

  test('refuses arguments that make no sense', async () => {
    for (const args of [
      {},
      { id: 'x', lines: 0 },
      { id: 'x', from: -1 },
      { id: 'x', fromLine: 1.5 },
      { id: 'x', other: 1 },
    ]) {
      expect(await read(args)).toContain('Invalid arguments for read_output');
    }
  });

  test('has the name that is asked for, or is left out', async () => {
    const named = createTestClient(setup({ tool: 'more' }), { as: ann });
    expect((await named.list('tools')).map(({ name }) => name)).toEqual(['more']);
    const none = createTestClient(setup({ tool: false }), { as: ann });
    expect(await none.list('tools')).toEqual([]);
  });
});
