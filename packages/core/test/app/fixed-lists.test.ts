import { describe, expect, test } from 'vitest';

import { defineResource, defineTool, type Exchange, type Principal } from '../../src/index.ts';
import { isShared } from '../../src/protocol/shared-json.ts';
import type { App } from '../../src/index.ts';
import { envelope, testApp } from '../helpers.ts';

const ada: Principal = { id: 'ada', scopes: ['admin'] };
const bob: Principal = { id: 'bob', scopes: [] };
const open = defineTool({ name: 'open', run: () => 'open' });
const guarded = defineTool({ name: 'guarded', access: { scopes: ['admin'] }, run: () => 'guarded' });

function exchange(principal: Principal): Exchange {
  return { transport: 'memory', era: 'modern', principal, notify: () => {} };
}

/** The very result object of `tools/list`, which a client gets as JSON. */
async function list(app: App<any, any>, principal: Principal, cursor?: string) {
  const params = { _meta: envelope, ...(cursor !== undefined && { cursor }) };
  const response = await app.dispatch(
    { jsonrpc: '2.0', id: 1, method: 'tools/list', params },
    exchange(principal),
  );
  if (!response || !('result' in response)) throw new Error(JSON.stringify(response));
  return response.result as { tools: { name: string }[]; nextCursor?: string };
}

async function names(app: App<any, any>, principal: Principal): Promise<string[]> {
  return (await list(app, principal)).tools.map(({ name }) => name);
}

describe('a list', () => {
  test('is one array for all who may see the same', async () => {
    const app = testApp().add(open, guarded);
    const [first, second] = [await list(app, bob), await list(app, { id: 'eve', scopes: [] })];
    expect(second.tools).toBe(first.tools);
    expect(isShared(first.tools)).toBe(true);
    expect((await list(app, ada)).tools).not.toBe(first.tools);
  });

  test('of one reader is never shown to one with other rights', async () => {
    const app = testApp().add(open, guarded);
    expect(await names(app, ada)).toEqual(['open', 'guarded']);
    expect(await names(app, bob)).toEqual(['open']);
    expect(await names(app, { ...ada, scopes: [] })).toEqual(['open']);
    expect(await names(app, ada)).toEqual(['open', 'guarded']);
  });

  test('asks `allow` each time', async () => {
    let allowed = false;
    const moody = defineTool({ name: 'moody', access: { allow: () => allowed }, run: () => '' });
    const app = testApp().add(open, moody);
    expect(await names(app, bob)).toEqual(['open']);
    allowed = true;
    expect(await names(app, bob)).toEqual(['open', 'moody']);
    allowed = false;
    expect(await names(app, bob)).toEqual(['open']);
  });

  test('changes with what is added, removed, disabled and mounted, at any depth', async () => {
    const inner = testApp().add(defineTool({ name: 'deep', run: () => '' }));
    const child = testApp().add(defineTool({ name: 'own', run: () => '' }));
    const app = testApp().add(open);
    expect(await names(app, bob)).toEqual(['open']);
    app.mount('child', child);
    expect(await names(app, bob)).toEqual(['open', 'child_own']);
    child.mount('inner', inner);
    expect(await names(app, bob)).toEqual(['open', 'child_own', 'child_inner_deep']);
    inner.add(defineTool({ name: 'late', run: () => '' }));
    expect(await names(app, bob)).toEqual(['open', 'child_own', 'child_inner_deep', 'child_inner_late']);
    inner.disable(defineTool({ name: 'deep', run: () => '' }));
    expect(await names(app, bob)).toEqual(['open', 'child_own', 'child_inner_late']);
    app.remove(open);
    expect(await names(app, bob)).toEqual(['child_own', 'child_inner_late']);
  });

  test('goes through the middleware of mounted apps, also one that comes later', async () => {
    const child = testApp().add(open, guarded);
    const app = testApp().mount('child', child);
    expect(await names(app, ada)).toEqual(['child_open', 'child_guarded']);
    child.use('tools/list', async (_call, next) => {
      const result = await next();
      return { ...result, tools: result.tools.filter(({ name }) => name !== 'open') };
    });
    expect(await names(app, ada)).toEqual(['child_guarded']);
  });

  test('cannot be changed in place by one call for all others', async () => {
    const app = testApp()
      .add(open, guarded)
      .use('tools/list', async (_call, next) => {
        const result = await next();
        result.tools.pop();
        return result;
      });
    await expect(list(app, ada)).rejects.toThrow('Internal error');
  });

  test('has pages that are shared, unless the cursor was made up', async () => {
    const app = testApp({ pageSize: 2 });
    for (let number = 0; number < 6; number += 1)
      app.add(defineTool({ name: `tool${number}`, run: () => '' }));
    const first = await list(app, bob);
    const second = await list(app, bob, first.nextCursor);
    expect((await list(app, bob, first.nextCursor)).tools).toBe(second.tools);
    const madeUp = await list(app, bob, '2-zzzz');
    expect(madeUp.tools.map(({ name }) => name)).toEqual(['tool1', 'tool2']);
    expect(isShared(madeUp.tools)).toBe(false);
  });

  test('of more selections than are kept stays right', async () => {
    const app = testApp().add(open);
    const scopes = Array.from({ length: 40 }, (_, index) => `scope${index}`);
    for (const scope of scopes)
      app.add(defineTool({ name: `for_${scope}`, access: { scopes: [scope] }, run: () => '' }));
    for (const scope of [...scopes, ...scopes]) {
      expect(await names(app, { id: 'x', scopes: [scope] })).toEqual(['open', `for_${scope}`]);
    }
  });
});

test('resources that a template finds when asked are gathered each time', async () => {
  let files = ['a'];
  const app = testApp().add(
    defineResource({
      name: 'file',
      template: 'file:///{name}',
      list: () => files.map((name) => ({ uri: `file:///${name}`, name })),
      read: () => '',
    }),
  );
  const uris = async () => (await app.list('resources')).map(({ uri }) => uri);
  expect(await uris()).toEqual(['file:///a']);
  files = ['a', 'b'];
  expect(await uris()).toEqual(['file:///a', 'file:///b']);
});
