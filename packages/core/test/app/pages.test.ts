import { describe, expect, test } from 'vitest';
import { definePrompt, defineResource, defineTool, type App } from '../../src/index.ts';
import { createTestClient } from '../../src/testing.ts';
import { eras, testApp } from '../helpers.ts';

const tool = (name: string) => defineTool({ name, run: () => name });

function appOf(...names: string[]): App {
  return testApp({ pageSize: 2 }).add(...names.map(tool));
}

/** Follows cursors from page to page, changing the app after the first. */
async function pagesAround(app: App, change: (app: App) => unknown): Promise<string[][]> {
  const client = createTestClient(app);
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const { tools, nextCursor } = await client.request('tools/list', cursor === undefined ? {} : { cursor });
    pages.push(tools.map(({ name }) => name));
    cursor = nextCursor;
    if (pages.length === 1) change(app);
  } while (cursor !== undefined);
  return pages;
}

describe('a list with more than pageSize items', () => {
  test('comes in pages, in the order in which things were added', async () => {
    expect(await pagesAround(appOf('a', 'b', 'c', 'd', 'e'), () => {})).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['e'],
    ]);
  });

  test('that ends with a page has no cursor more', async () => {
    expect(await pagesAround(appOf('a', 'b', 'c', 'd'), () => {})).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  test.each<[string, (app: App) => unknown, string[][]]>([
    [
      'something is added',
      (app) => app.add(tool('f')),
      [
        ['a', 'b'],
        ['c', 'd'],
        ['e', 'f'],
      ],
    ],
    ['something already sent goes away', (app) => app.remove(tool('a')), [['a', 'b'], ['c', 'd'], ['e']]],
    ['the last sent goes away', (app) => app.remove(tool('b')), [['a', 'b'], ['c', 'd'], ['e']]],
    [
      'something still to come goes away',
      (app) => app.remove(tool('c')),
      [
        ['a', 'b'],
        ['d', 'e'],
      ],
    ],
    ['all that is to come goes away', (app) => app.remove(tool('c'), tool('d'), tool('e')), [['a', 'b'], []]],
    ['everything goes away', (app) => app.remove(...'abcde'.split('').map(tool)), [['a', 'b'], []]],
  ])('neither repeats nor hides the others when %s', async (_, change, pages) => {
    expect(await pagesAround(appOf('a', 'b', 'c', 'd', 'e'), change)).toEqual(pages);
  });

  test('is whole for app.list', async () => {
    expect((await appOf('a', 'b', 'c', 'd', 'e').list('tools')).map(({ name }) => name)).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
    ]);
  });

  test('may be one of prompts, resources or templates, and hold any names', async () => {
    const app = testApp({ pageSize: 1 }).add(
      definePrompt({ name: 'p1', run: () => '' }),
      definePrompt({ name: 'p2', run: () => '' }),
      defineResource({ uri: 'x://ü', read: () => '' }),
      defineResource({ uri: 'x://日本', read: () => '' }),
      defineResource({ template: 'y://{a}', read: () => '' }),
      defineResource({ template: 'z://{a}', read: () => '' }),
    );
    for (const kind of ['prompts', 'resources', 'templates'] as const) {
      expect(await createTestClient(app).list(kind), `pages of ${kind}`).toHaveLength(2);
    }
  });
});

describe.each(eras)('a cursor this server did not make (%s)', (era) => {
  const madeUp = [
    '',
    'a',
    '!!!',
    '1',
    '1-',
    '-1-a',
    '1.5-a',
    'a-1',
    '1-A',
    '1-a-b',
    '9'.repeat(20) + '-a',
    7,
    null,
    {},
    [],
  ];
  test.each(madeUp)('%j is refused', async (cursor) => {
    const client = createTestClient(appOf('a', 'b', 'c'), { era });
    for (const method of [
      'tools/list',
      'prompts/list',
      'resources/list',
      'resources/templates/list',
    ] as const) {
      await expect(client.request(method, { cursor } as never), `cursor of ${method}`).rejects.toMatchObject({
        rpcCode: -32602,
        message: 'Invalid cursor.',
      });
    }
  });

  test('a place far behind the end is the end', async () => {
    const client = createTestClient(appOf('a'), { era });
    expect((await client.request('tools/list', { cursor: '99999-x' })).tools).toEqual([]);
  });
});
