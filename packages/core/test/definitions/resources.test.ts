import { describe, expect, test } from 'vitest';
import { defineResource, type Readable } from '../../src/index.ts';
import { createTestClient } from '../../src/testing.ts';
import { eras, testApp } from '../helpers.ts';

/** The contents a client reads at `uri` where a resource returns `value`. */
async function contentsOf(value: Readable, facts: { mimeType?: string } = {}) {
  const app = testApp().add(defineResource({ uri: 'note://1', ...facts, read: () => value }));
  return (await createTestClient(app).read('note://1')).contents;
}

/** The variables that a template finds in a URI, or the error code. */
async function variablesOf(template: string, uri: string): Promise<unknown> {
  const app = testApp().add(defineResource({ template, read: (variables) => JSON.stringify(variables) }));
  try {
    const { contents } = await createTestClient(app).read(uri);
    return JSON.parse(contents[0]!.text!);
  } catch (error) {
    return (error as { rpcCode: number }).rpcCode;
  }
}

describe('what a resource returns', () => {
  test('text is text', async () => {
    expect(await contentsOf('hello')).toEqual([{ uri: 'note://1', mimeType: 'text/plain', text: 'hello' }]);
    expect(await contentsOf('{}', { mimeType: 'application/json' })).toEqual([
      { uri: 'note://1', mimeType: 'application/json', text: '{}' },
    ]);
  });

  test('bytes are a base64 blob', async () => {
    expect(await contentsOf(new Uint8Array([1, 2, 3]))).toEqual([
      { uri: 'note://1', mimeType: 'application/octet-stream', blob: 'AQID' },
    ]);
  });

  test('contents get the URI and type they leave out', async () => {
    expect(await contentsOf({ text: 'a' }, { mimeType: 'text/markdown' })).toEqual([
      { uri: 'note://1', mimeType: 'text/markdown', text: 'a' },
    ]);
    expect(await contentsOf({ uri: 'note://1/a', mimeType: 'text/html', text: 'a' })).toEqual([
      { uri: 'note://1/a', mimeType: 'text/html', text: 'a' },
    ]);
  });

  test('several contents are sent as they are', async () => {
    const contents = [
      { uri: 'note://1/a', text: 'a' },
      { uri: 'note://1/b', blob: 'AA==' },
    ];
    expect(await contentsOf(contents)).toEqual(contents);
  });
});

describe('a resource with one URI', () => {
  test('is listed with its facts, and is no template', async () => {
    const app = testApp().add(
      defineResource({
        uri: 'note://1',
        name: 'one',
        title: 'One',
        description: 'The first',
        mimeType: 'text/plain',
        size: 3,
        annotations: { priority: 1 },
        icons: [{ src: 'https://example.com/i.png' }],
        meta: { 'example.com/a': 1 },
        read: () => 'one',
      }),
      defineResource({ uri: 'note://2', read: () => 'two' }),
    );
    expect(await app.list('resources')).toEqual([
      {
        uri: 'note://1',
        name: 'one',
        title: 'One',
        description: 'The first',
        mimeType: 'text/plain',
        size: 3,
        annotations: { priority: 1 },
        icons: [{ src: 'https://example.com/i.png' }],
        _meta: { 'example.com/a': 1 },
      },
      { uri: 'note://2', name: 'note://2' },
    ]);
    expect(await app.list('templates')).toEqual([]);
  });

  test.each(['', 'not a uri', '/path'])('%j is not a URI', (uri) => {
    expect(() => defineResource({ uri, read: () => '' })).toThrow(
      expect.objectContaining({ code: 'INVALID_URI' }),
    );
  });

  test('wins over a template that fits too', async () => {
    const app = testApp().add(
      defineResource({ template: 'note://{id}', read: () => 'template' }),
      defineResource({ uri: 'note://1', read: () => 'exact' }),
    );
    expect((await createTestClient(app).read('note://1')).contents[0]?.text).toBe('exact');
    expect((await createTestClient(app).read('note://2')).contents[0]?.text).toBe('template');
  });
});

describe('a resource template', () => {
  test.each<[string, string, unknown]>([
    ['note://{id}', 'note://a', { id: 'a' }],
    ['note://{id}', 'note://a%2Fb%20c', { id: 'a/b c' }],
    ['note://{id}', 'note://%C3%A9', { id: 'é' }],
    ['note://{id}.json', 'note://a.b.json', { id: 'a.b' }],
    ['repo://{owner}/{name}', 'repo://a/b', { owner: 'a', name: 'b' }],
    ['file:///{+path}', 'file:///a/b.txt', { path: 'a/b.txt' }],
    ['search://notes{?q,lang}', 'search://notes?lang=de&q=x', { q: 'x', lang: 'de' }],
    ['search://notes{?q,lang}', 'search://notes?q=x', { q: 'x' }],
  ])('%s reads %s', async (template, uri, variables) => {
    expect(await variablesOf(template, uri)).toEqual(variables);
  });

  test.each([
    ['note://{id}', 'note://'],
    ['note://{id}', 'note://a/b'],
    ['note://{id}', 'other://a'],
    ['repo://{owner}/{name}', 'repo://a'],
    ['repo://{owner}/{name}', 'repo://a/b/c'],
  ])('%s does not read %s', async (template, uri) => {
    expect(await variablesOf(template, uri)).toBe(-32602);
  });

  test.each(['note://%', 'note://%E0%A4%A', 'note://%ZZ', 'note://%C0%80'])(
    '%s, broken percent-encoding, is not found',
    async (uri) => {
      expect(await variablesOf('note://{id}', uri)).toBe(-32602);
    },
  );

  test.each(['', 'note://{', 'note://{}', 'note://{id'])('%j is not a template', (template) => {
    expect(() => defineResource({ template, read: () => '' })).toThrow(
      expect.objectContaining({ code: 'INVALID_URI' }),
    );
  });

  test('is listed as a template, and lists the resources it knows', async () => {
    const app = testApp().add(
      defineResource({
        template: 'note://{id}',
        name: 'note',
        description: 'A note',
        read: ({ id }) => id,
        list: () => [{ uri: 'note://1', name: 'one' }],
      }),
      defineResource({ template: 'silent://{id}', read: () => '' }),
    );
    expect(await app.list('templates')).toEqual([
      { uriTemplate: 'note://{id}', name: 'note', description: 'A note' },
      { uriTemplate: 'silent://{id}', name: 'silent://{id}' },
    ]);
    expect(await app.list('resources')).toEqual([{ uri: 'note://1', name: 'one' }]);
  });

  test('that was added first wins', async () => {
    const app = testApp().add(
      defineResource({ template: 'a://{x}', read: () => 'first' }),
      defineResource({ template: 'a://{y}', read: () => 'second' }),
    );
    expect((await createTestClient(app).read('a://1')).contents[0]?.text).toBe('first');
  });
});

describe.each(eras)('a resource that does not exist, to a %s client', (era) => {
  test('is told by the code of its revision, with the URI', async () => {
    const client = createTestClient(testApp().add(defineResource({ uri: 'note://1', read: () => '' })), {
      era,
    });
    await expect(client.read('note://2')).rejects.toMatchObject({
      rpcCode: era === 'legacy' ? -32002 : -32602,
      message: 'Resource not found: note://2',
      data: { uri: 'note://2' },
    });
  });
});

test('a read that fails is masked', async () => {
  const app = testApp().add(
    defineResource({
      uri: 'note://1',
      read: () => {
        throw new Error('password is hunter2');
      },
    }),
  );
  const error = await createTestClient(app)
    .read('note://1')
    .catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    rpcCode: -32603,
    message: 'Internal error',
    data: { incident: expect.any(String) },
  });
});
