import { describe, expect, test } from 'vitest';
import {
  definePrompt,
  defineResource,
  defineTool,
  local,
  type App,
  type Call,
  type Middleware,
  type Principal,
} from '../../src/index.ts';
import { authorize, type AuthorizeRule } from '../../src/middleware.ts';
import { createTestClient, fakeClock } from '../../src/testing.ts';
import { eras, never, settled, testApp } from '../helpers.ts';
import { failureOf } from './failure.ts';

const guest: Principal = { id: 'guest', scopes: [] };
const writer: Principal = { id: 'writer', scopes: ['write'] };
const operator: Principal = { id: 'operator', scopes: [], roles: ['operator'] };

function content(app: App): App {
  return app.add(
    defineTool({ name: 'read_file', annotations: { readOnlyHint: true }, run: () => 'read' }),
    defineTool({ name: 'write_file', tags: ['writes', 'files'], run: () => 'written' }),
    defineTool({ name: 'admin_reset', run: () => 'reset' }),
    definePrompt({ name: 'admin_help', run: () => 'help', complete: {} }),
    definePrompt({ name: 'review', run: () => 'review' }),
    defineResource({ uri: 'config://keys', read: () => 'k' }),
    defineResource({
      template: 'note://{id}',
      read: ({ id }) => id,
      list: () => [
        { uri: 'note://1', name: 'one' },
        { uri: 'note://secret', name: 'two' },
      ],
      complete: { id: () => ['1', 'secret'] },
    }),
  );
}

const app = (...rules: AuthorizeRule[]) => content(testApp().use(authorize(...rules)));

async function listed(of: App, principal: Principal, era: (typeof eras)[number] = 'modern') {
  await using client = createTestClient(of, { as: principal, era });
  return {
    tools: (await client.list('tools')).map(({ name }) => name),
    prompts: (await client.list('prompts')).map(({ name }) => name),
    resources: (await client.list('resources')).map(({ uri }) => uri),
    templates: (await client.list('templates')).map(({ uriTemplate }) => uriTemplate),
  };
}

async function passing(names: readonly string[], use: (name: string) => Promise<unknown>): Promise<string[]> {
  const outcomes = await Promise.allSettled(names.map(use));
  return names.filter((_name, index) => outcomes[index]!.status === 'fulfilled');
}

/** What of everything there is can really be used. */
async function usable(of: App, principal: Principal, everything?: Awaited<ReturnType<typeof listed>>) {
  await using client = createTestClient(of, { as: principal });
  const { tools, prompts, resources } = everything ?? (await listed(of, local));
  return {
    tools: await passing(tools, (name) => client.call(name)),
    prompts: await passing(prompts, (name) => client.prompt(name)),
    resources: await passing(resources, (uri) => client.read(uri)),
  };
}

describe('what is listed is what can be used', () => {
  const rules: [string, AuthorizeRule[]][] = [
    ['a name', [{ names: 'admin_reset', scopes: ['write'] }]],
    ['patterns', [{ names: ['admin_*', '*_file', 'config://*'], roles: ['operator'] }]],
    ['a pattern in the middle', [{ names: 'a*_*s*t', roles: ['operator'] }]],
    ['tags', [{ tags: ['writes', 'other'], scopes: ['write'] }]],
    ['kinds', [{ kinds: ['prompt', 'resource'], roles: ['operator'] }]],
    ['a template', [{ names: 'note://{id}', roles: ['operator'] }]],
    ['a URI of a template', [{ names: 'note://s*', roles: ['operator'] }]],
    ['a predicate', [{ when: ({ annotations }) => annotations?.readOnlyHint !== true, scopes: ['write'] }]],
    [
      'several',
      [
        { names: 'admin_*', roles: ['operator'] },
        { kinds: ['tool'], scopes: ['write'] },
      ],
    ],
    ['everything', [{ roles: ['operator'] }]],
    ['allow', [{ allow: ({ name }, { principal }) => name.length % 2 === principal.id.length % 2 }]],
    ['a slow allow', [{ allow: async ({ name }) => (await settled(), name.includes('e')) }]],
  ];
  test.each(rules)('by %s', async (_what, given) => {
    for (const principal of [guest, writer, operator]) {
      const of = app(...given);
      const { templates, ...shown } = await listed(of, principal);
      expect(shown).toEqual(await usable(of, principal, await listed(content(testApp()), local)));
      expect(await listed(of, principal, 'legacy')).toEqual({ templates, ...shown });
    }
  });

  test('the rules say who is who', async () => {
    const of = app(
      { names: ['admin_*', 'config://*', 'note://{id}'], roles: ['operator'] },
      { tags: ['writes'], scopes: ['write'] },
    );
    expect(await listed(of, guest)).toEqual({
      tools: ['read_file'],
      prompts: ['review'],
      resources: [],
      templates: [],
    });
    expect((await listed(of, writer)).tools).toEqual(['read_file', 'write_file']);
    expect(await listed(of, operator)).toEqual({
      tools: ['read_file', 'admin_reset'],
      prompts: ['admin_help', 'review'],
      resources: ['config://keys', 'note://1', 'note://secret'],
      templates: ['note://{id}'],
    });
    expect(await listed(of, local)).toEqual(await listed(content(testApp()), local));
  });
});

/** Everything a client could tell two refusals apart by, names aside. */
function shapeOf({ rpcCode, code, message, data }: any) {
  return [rpcCode, code, message.replace(/(: ).*/, '$1'), Object.keys(data ?? {})];
}

describe('a refusal', () => {
  test('for want of a role, or by allow, is that of something that does not exist', async () => {
    const of = app(
      { names: ['admin_*', 'note://*'], roles: ['operator'] },
      { names: 'review', allow: () => false },
    );
    await using client = createTestClient(of, { as: guest });
    for (const [known, unknown] of [
      [() => client.call('admin_reset'), () => client.call('admin_nothing')],
      [() => client.prompt('review'), () => client.prompt('nothing')],
      [() => client.read('note://1'), () => client.read('other://1')],
    ] as const) {
      const [denied, missing] = await Promise.all([failureOf(known()), failureOf(unknown())]);
      expect(shapeOf(denied)).toEqual(shapeOf(missing));
    }
  });

  test('for want of scopes names them, those of the definition too', async () => {
    const of = testApp()
      .use(authorize({ scopes: ['a', 'b'] }, { names: 'x', scopes: ['b', 'c'] }))
      .add(defineTool({ name: 'x', access: { scopes: ['c', 'd'] }, run: () => 1 }));
    await expect(of.call('x', {}, { principal: { id: 'ann', scopes: ['a'] } })).rejects.toMatchObject({
      rpcCode: -31403,
      message: 'Access to the tool "x" needs the scopes: a, b, c, d.',
      data: { code: 'ACCESS_DENIED', scopes: ['a', 'b', 'c', 'd'] },
    });
  });

  test('does not tell of a definition that its own access hides', async () => {
    const of = testApp()
      .use(authorize({ scopes: ['a'] }))
      .add(defineTool({ name: 'x', access: { roles: ['admin'] }, run: () => 1 }));
    await expect(of.call('x', {}, { principal: guest })).rejects.toMatchObject({
      message: 'Unknown tool: x',
    });
  });

  test('by an allow that fails is an internal error, and one that hangs holds no call', async () => {
    const failing = app({ allow: () => Promise.reject(new Error('policy server down')) });
    await expect(failing.call('read_file')).rejects.toMatchObject({ code: 'INTERNAL' });

    const clock = fakeClock();
    const hanging = content(testApp({ clock }).use(authorize({ allow: () => never })));
    const answer = failureOf(hanging.call('read_file'));
    await settled();
    await clock.advance(60_000);
    expect(await answer).toMatchObject({ code: 'TIMEOUT' });
  });
});

describe('what else leads to a definition', () => {
  const rule: AuthorizeRule = { names: ['admin_*', 'note://{id}', 'config://*'], roles: ['operator'] };

  test('completion', async () => {
    await using allowed = createTestClient(app(rule), { as: operator });
    await using refused = createTestClient(app(rule), { as: guest });
    const ref = { type: 'ref/resource', uri: 'note://{id}' } as const;
    expect((await allowed.complete(ref, { name: 'id', value: '' })).values).toEqual(['1', 'secret']);
    await expect(refused.complete(ref, { name: 'id', value: '' })).rejects.toMatchObject({ rpcCode: -32602 });
    const prompt = { type: 'ref/prompt', name: 'admin_help' } as const;
    await expect(refused.complete(prompt, { name: 'x', value: '' })).rejects.toThrow(
      'Unknown prompt: admin_help',
    );
  });

  test('subscriptions of 2025 clients', async () => {
    await using client = createTestClient(app(rule), { as: guest, era: 'legacy' });
    await expect(client.subscribe('note://1')).rejects.toThrow('Resource not found: note://1');
    await using allowed = createTestClient(app(rule), { as: operator, era: 'legacy' });
    await allowed.subscribe('note://1');
  });

  test('subscriptions of 2026 clients', async () => {
    const of = app({ ...rule, names: ['note://s*', 'config://*'] });
    await using client = createTestClient(of, { as: guest });
    const stream = client.listen({
      toolsListChanged: true,
      resourceSubscriptions: ['note://1', 'note://secret', 'config://keys'],
    });
    expect(await stream.acknowledged).toEqual({
      toolsListChanged: true,
      resourceSubscriptions: ['note://1'],
    });
    await expect(
      client.request('subscriptions/listen', { notifications: { resourceSubscriptions: [7] } } as never),
    ).rejects.toMatchObject({ rpcCode: -32602 });
  });
});

describe('mounted apps', () => {
  const rule: AuthorizeRule = { names: 'admin_*', roles: ['operator'] };

  test('rules of the outer app go by the names it gives', async () => {
    const of = testApp()
      .use(authorize({ names: 'files_admin_*', roles: ['operator'] }))
      .mount('files', content(testApp()))
      .mount('other', testApp().add(defineTool({ name: 'admin_reset', run: () => 'ok' })));
    expect((await listed(of, guest)).tools).toEqual([
      'files_read_file',
      'files_write_file',
      'other_admin_reset',
    ]);
    expect((await usable(of, guest)).tools).toEqual([
      'files_read_file',
      'files_write_file',
      'other_admin_reset',
    ]);
  });

  test('rules of a mounted app go by its own names, however deep, and concern nobody else', async () => {
    const child = content(testApp().use(authorize(rule)));
    const between = testApp()
      .use(authorize({ names: 'inner_write_*', scopes: ['write'] }))
      .mount('inner', child);
    const of = testApp()
      .add(defineTool({ name: 'admin_own', run: () => 'ok' }))
      .mount('outer', between);
    const names = ['admin_own', 'outer_inner_read_file'];
    expect((await listed(of, guest)).tools).toEqual(names);
    expect((await usable(of, guest)).tools).toEqual(names);
    expect((await listed(of, guest)).prompts).toEqual(['outer_inner_review']);
    expect((await usable(of, guest)).prompts).toEqual(['outer_inner_review']);
    await expect(of.call('outer_inner_admin_reset', {}, { principal: guest })).rejects.toThrow(
      'Unknown tool: outer_inner_admin_reset',
    );
    await using client = createTestClient(of, { as: guest });
    const ref = { type: 'ref/prompt', name: 'outer_inner_admin_help' } as const;
    await expect(client.complete(ref, { name: 'x', value: '' })).rejects.toThrow(
      'Unknown prompt: outer_inner_admin_help',
    );
  });
});

function plan(): Middleware<{ plan: string }> {
  return async function findPlan(call, next) {
    return next({ context: { plan: call.tenant === 'big' ? 'paid' : 'free' } });
  };
}

test('rules see the context of the call', async () => {
  const paid = authorize({
    tags: ['writes'],
    allow: (_subject, call: Call<{ plan: string }>) => call.context.plan === 'paid',
  });
  // @ts-expect-error nothing provides the plan
  void (() => testApp().use(paid));
  const of = content(testApp().use(plan(), paid));
  expect((await of.list('tools', { principal: guest, tenant: 'big' })).length).toBe(3);
  expect((await of.list('tools', { principal: guest, tenant: 'small' })).length).toBe(2);
});

test('patterns take linear time and match as written', async () => {
  const uri = `config://${'a'.repeat(200_000)}`;
  const of = app({ names: `${'*a'.repeat(50)}*b`, roles: ['operator'] });
  await using client = createTestClient(of, { as: guest });
  const startedAt = performance.now();
  await expect(client.read(uri)).rejects.toThrow('Resource not found');
  expect(performance.now() - startedAt).toBeLessThan(2_000);

  for (const [pattern, name, fits] of [
    ['*', 'anything', true],
    ['a*', 'a', true],
    ['a*a', 'a', false],
    ['ab*ba', 'aba', false],
    ['ab*ba', 'abba', true],
    ['a*b*c', 'a_b_c', true],
    ['a*b*c', 'a_c_b', false],
    ['a.c', 'abc', false],
    ['**', 'x', true],
  ] as const) {
    const one = testApp()
      .use(authorize({ names: pattern, allow: () => false }))
      .add(defineTool({ name: name.replaceAll('.', '_'), run: () => 1 }));
    expect((await one.list('tools')).length, `${pattern} ${name}`).toBe(fits ? 0 : 1);
  }
});

test.each<[AuthorizeRule[], string]>([
  [[], 'rules must not be empty.'],
  [[{}], 'rule has to have scopes, roles or allow.'],
  [[{ names: 'x' }], 'rule has to have scopes, roles or allow.'],
  [[{ scopes: [] }], 'scopes must not be empty.'],
  [[{ roles: [] }], 'roles must not be empty.'],
  [[{ names: [], roles: ['x'] }], 'names must not be empty.'],
  [[{ names: '', roles: ['x'] }], 'names must not be empty.'],
])('rules %o are refused', (rules, message) => {
  expect(() => authorize(...rules)).toThrow(message);
});
