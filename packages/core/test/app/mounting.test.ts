import { describe, expect, test } from 'vitest';
import {
  createApp,
  definePrompt,
  defineResource,
  defineTool,
  type App,
  type Call,
  type Middleware,
} from '../../src/index.ts';
import { createTestClient } from '../../src/testing.ts';
import { settled, testApp } from '../helpers.ts';

const read = defineTool({ name: 'read', run: () => 'read' });
const greet = definePrompt({ name: 'greet', run: () => 'Hello' });
const note = defineResource({ uri: 'note://1', read: () => 'one' });
const notes = defineResource({
  template: 'note://all/{id}',
  read: ({ id }) => id,
  list: () => [{ uri: 'note://all/1', name: 'first' }],
});

/** Everything an app serves, by name. */
async function served(app: App<any, any>): Promise<string[]> {
  const [tools, prompts, resources, templates] = await Promise.all([
    app.list('tools'),
    app.list('prompts'),
    app.list('resources'),
    app.list('templates'),
  ]);
  return [...tools, ...prompts]
    .map(({ name }) => name)
    .concat(resources.map(({ uri }) => uri))
    .concat(templates.map(({ uriTemplate }) => uriTemplate));
}

function tracing(name: string, trace: string[]): Middleware {
  return async function record(call, next) {
    trace.push(`${name} ${call.method} ${call.target?.localName ?? ''}`.trimEnd());
    return next();
  };
}

describe('a mounted app', () => {
  const files = testApp().add(read, greet, note, notes);

  test('adds its tools and prompts as prefix_name and its resources as they are', async () => {
    const app = testApp().add(read).mount('files', files);
    expect(await served(app)).toEqual([
      'read',
      'files_read',
      'files_greet',
      'note://1',
      'note://all/1',
      'note://all/{id}',
    ]);
  });

  test('answers under these names', async () => {
    const client = createTestClient(testApp().mount('files', files));
    expect(await client.call('files_read')).toMatchObject({ content: [{ text: 'read' }] });
    expect((await client.prompt('files_greet')).messages).toHaveLength(1);
    expect((await client.read('note://1')).contents[0]?.text).toBe('one');
    expect((await client.read('note://all/7')).contents[0]?.text).toBe('7');
    await expect(client.call('read')).rejects.toMatchObject({ message: 'Unknown tool: read' });
  });

  test('keeps its own names for itself', async () => {
    testApp().mount('files', files);
    expect(await files.call(read)).toBe('read');
  });

  test('without a prefix keeps its names', async () => {
    expect(await served(testApp().mount('', testApp().add(read)))).toEqual(['read']);
  });

  test('may be mounted in several apps, and under several prefixes', async () => {
    const child = testApp().add(read);
    const [a, b] = [testApp().mount('a', child).mount('b', child), testApp().mount('c', child)];
    expect(await served(a)).toEqual(['a_read', 'b_read']);
    expect(await served(b)).toEqual(['c_read']);
  });

  test('may itself mount others', async () => {
    const inner = testApp().add(read);
    const middle = testApp().mount('inner', inner);
    const outer = testApp().mount('middle', middle);
    expect(await served(outer)).toEqual(['middle_inner_read']);
    inner.add(defineTool({ name: 'write', run: () => 'written' }));
    expect(await outer.call('middle_inner_write')).toBe('written');
  });

  test('passes on what it gains, loses, hides and shows later, and the clients are told', async () => {
    const child = testApp();
    const app = testApp().mount('child', testApp().mount('deep', child));
    const client = createTestClient(app, { era: 'legacy' });
    await client.connect();
    const told = async () => {
      await settled();
      return client.notifications.length;
    };
    child.add(read);
    expect([await served(app), await told()]).toEqual([['child_deep_read'], 1]);
    child.disable(read);
    expect([await served(app), await told()]).toEqual([[], 2]);
    child.enable(read);
    expect([await served(app), await told()]).toEqual([['child_deep_read'], 3]);
    child.remove(read);
    expect([await served(app), await told()]).toEqual([[], 4]);
  });

  test('arrives live: connected clients are told', async () => {
    const app = testApp();
    const client = createTestClient(app);
    const stream = client.listen({ toolsListChanged: true });
    await stream.acknowledged;
    app.mount('files', files);
    expect((await stream.next()).value?.method).toBe('notifications/tools/list_changed');
  });

  test('that has nothing yet changes nothing: nobody is told', async () => {
    const app = testApp();
    const client = createTestClient(app, { era: 'legacy' });
    await client.connect();
    app.mount('empty', testApp()).mount('tools', testApp().add(read));
    await settled();
    expect(client.notifications.map(({ method }) => method)).toEqual(['notifications/tools/list_changed']);
  });

  test('stays open when its parent closes', async () => {
    const child = testApp().add(read);
    await testApp().mount('child', child).close();
    expect(await child.call(read)).toBe('read');
  });
});

describe('names that collide', () => {
  const taken = expect.objectContaining({ code: 'NAME_TAKEN' });

  test.each<[string, () => App, () => App]>([
    [
      'a tool and a mounted tool',
      () => testApp().add(defineTool({ name: 'x_read', run: () => 'own' })),
      () => testApp().add(read),
    ],
    [
      'a prompt and a mounted prompt',
      () => testApp().add(definePrompt({ name: 'x_greet', run: () => '' })),
      () => testApp().add(greet),
    ],
    ['a resource and a mounted resource', () => testApp().add(note), () => testApp().add(note)],
    ['a template and a mounted template', () => testApp().add(notes), () => testApp().add(notes)],
    ['two mounted apps', () => testApp().mount('x', testApp().add(read)), () => testApp().add(read)],
  ])('are refused: %s; the app stays as it was', async (_, makeApp, makeChild) => {
    const app = makeApp();
    const before = await served(app);
    const child = makeChild();
    expect(() => app.mount('x', child)).toThrow(taken);
    expect(await served(app)).toEqual(before);
    child.add(defineTool({ name: 'later', run: () => 'later' }));
    expect(await served(app), 'the child is not half mounted').toEqual(before);
  });

  test('of an app that is mounted already leave the first mount working', async () => {
    const child = testApp().add(note);
    const app = testApp().mount('a', child);
    expect(() => app.mount('b', child)).toThrow(taken);
    child.add(read);
    expect(await served(app)).toEqual(['a_read', 'note://1']);
  });

  test('later, by an addition to the child, are refused there; both apps stay as they were', async () => {
    const child = testApp();
    const app = testApp()
      .add(defineTool({ name: 'x_read', run: () => 'own' }))
      .mount('x', child);
    expect(() => child.add(read)).toThrow(taken);
    expect(await served(child)).toEqual([]);
    expect(await app.call('x_read')).toBe('own');
  });

  test('later, by an addition to the parent, are refused there', async () => {
    const app = testApp().mount('x', testApp().add(read));
    expect(() => app.add(defineTool({ name: 'x_read', run: () => 'own' }))).toThrow(taken);
    expect(await app.call('x_read')).toBe('read');
  });

  test('later, by showing what was hidden, are refused; it stays hidden', async () => {
    const own = defineTool({ name: 'x_read', run: () => 'own' });
    const app = testApp().add(own).disable(own).mount('x', testApp().add(read));
    expect(() => app.enable(own)).toThrow(taken);
    expect(await app.call('x_read')).toBe('read');
    expect(await served(app)).toEqual(['x_read']);
  });

  test('do not, while one of them is hidden', async () => {
    const own = defineTool({ name: 'x_read', run: () => 'own' });
    const app = testApp().mount('x', testApp().add(read).disable(read)).add(own);
    expect(await app.call('x_read')).toBe('own');
  });

  test.each(['', 'deep'])('grandparents count too (inner prefix %j)', async (inner) => {
    const child = testApp();
    const own = defineTool({ name: inner === '' ? 'x_read' : 'x_deep_read', run: () => 'own' });
    testApp().add(own).mount('x', testApp().mount(inner, child));
    expect(() => child.add(read)).toThrow(taken);
  });
});

describe('a mount that cannot be', () => {
  test.each(['a b', 'a.b', 'ü', 'x'.repeat(65)])('the prefix %j', (prefix) => {
    expect(() => testApp().mount(prefix, testApp())).toThrow(
      expect.objectContaining({ code: 'INVALID_NAME' }),
    );
  });

  test('names that become longer than 64 with the prefix; the app stays as it was', async () => {
    const app = testApp();
    const child = testApp().add(defineTool({ name: 'x'.repeat(60), run: () => 1 }));
    expect(() => app.mount('files', child)).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }));
    expect(await served(app)).toEqual([]);
    expect(await served(testApp().mount('abc', child))).toHaveLength(1);
  });

  test('an app inside itself, directly or in a circle', () => {
    const [a, b, c] = [testApp(), testApp(), testApp()];
    const cycle = expect.objectContaining({ code: 'MOUNT_CYCLE' });
    expect(() => a.mount('a', a)).toThrow(cycle);
    a.mount('b', b);
    b.mount('c', c);
    expect(() => c.mount('a', a)).toThrow(cycle);
    expect(() => b.mount('a', a)).toThrow(cycle);
  });
});

interface Tenant {
  readonly id: string;
}
const tenant: Middleware<{ tenant: Tenant }> = async (_call, next) =>
  next({ context: { tenant: { id: 'acme' } } });

describe('middleware and mounts', () => {
  test("the parent's is outermost, then the child's; each sees the name its own app has", async () => {
    const trace: string[] = [];
    const inner = testApp().use(tracing('inner', trace)).add(read);
    const middle = testApp().use(tracing('middle', trace)).mount('in', inner);
    const app = testApp().use(tracing('outer', trace)).mount('mid', middle);
    await app.call('mid_in_read');
    expect(trace).toEqual([
      'outer tools/call mid_in_read',
      'middle tools/call in_read',
      'inner tools/call read',
    ]);
  });

  test("the child's runs for the child's tools only", async () => {
    const trace: string[] = [];
    const app = testApp()
      .add(read)
      .mount('x', testApp().use(tracing('child', trace)).add(read));
    await app.call(read);
    expect(trace).toEqual([]);
    await app.call('x_read');
    expect(trace).toEqual(['child tools/call read']);
  });

  test('what either adds later wraps calls from then on', async () => {
    const trace: string[] = [];
    const child = testApp().add(read);
    const app = testApp().mount('x', child);
    await app.call('x_read');
    child.use(tracing('child', trace));
    app.use('tools/call', tracing('parent', trace));
    await app.call('x_read');
    expect(trace).toEqual(['parent tools/call x_read', 'child tools/call read']);
  });

  test("a child's list passes the child's middleware on its way into the parent's", async () => {
    const secret = defineTool({ name: 'secret', run: () => 1 });
    const child = testApp()
      .use('tools/list', async (_call, next) => {
        const { tools, ...result } = await next();
        return { ...result, tools: tools.filter(({ name }) => name !== 'secret') };
      })
      .add(read, secret);
    expect(await served(testApp().add(secret).mount('x', child))).toEqual(['secret', 'x_read']);
  });

  test("prompts, resources, completion and subscription of a child pass the child's middleware as well", async () => {
    const trace: string[] = [];
    const child = testApp()
      .use(tracing('child', trace))
      .add(definePrompt({ name: 'greet', run: () => '', complete: { name: () => ['Ada'] } }), note);
    const client = createTestClient(testApp().mount('x', child), { era: 'legacy' });
    await client.prompt('x_greet');
    await client.read('note://1');
    await client.subscribe('note://1');
    await client.unsubscribe('note://1');
    expect(
      (await client.complete({ type: 'ref/prompt', name: 'x_greet' }, { name: 'name', value: '' })).values,
    ).toEqual(['Ada']);
    expect(trace).toEqual([
      'child prompts/get greet',
      'child resources/read note://1',
      'child resources/subscribe note://1',
      'child resources/unsubscribe note://1',
      'child completion/complete greet',
    ]);
  });

  test('context that either adds reaches handlers, lists and completers of the child', async () => {
    type Known = Call<{ tenant: Tenant; role: string }>;
    const child = createApp<{ tenant: Tenant }>({ name: 'child', version: '1' })
      .use<{ role: string }>(async (_call, next) => next({ context: { role: 'admin' } }))
      .add(
        defineTool({
          name: 'who',
          run: (_args, call: Known) => `${call.context.tenant.id} ${call.context.role}`,
        }),
        defineResource({
          template: 'doc://{id}',
          read: ({ id }, call: Known) => `${id} ${call.context.role}`,
          list: (call: Known) => [{ uri: 'doc://1', name: `${call.context.tenant.id} ${call.context.role}` }],
          complete: { id: (_value, call: Known) => [call.context.role] },
        }),
      );
    const app = testApp().use(tenant).mount('x', child);
    const client = createTestClient(app);
    expect(await client.call('x_who')).toMatchObject({ content: [{ text: 'acme admin' }] });
    expect((await client.read('doc://7')).contents[0]?.text).toBe('7 admin');
    expect(await client.list('resources')).toEqual([{ uri: 'doc://1', name: 'acme admin' }]);
    expect(
      (await client.complete({ type: 'ref/resource', uri: 'doc://{id}' }, { name: 'id', value: '' })).values,
    ).toEqual(['admin']);
  });
});
