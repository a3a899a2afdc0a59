import { describe, expect, test } from 'vitest';
import {
  anonymous,
  definePrompt,
  defineResource,
  defineTool,
  local,
  principalKey,
  type Access,
  type App,
  type Principal,
} from '../../src/index.ts';
import { createTestClient } from '../../src/testing.ts';
import { eras, settled, testApp } from '../helpers.ts';

const reader: Principal = { id: 'rita', scopes: ['files:read'] };
const writer: Principal = { id: 'walt', scopes: ['files:read', 'files:write'] };
const admin: Principal = { id: 'ada', scopes: ['files:read', 'files:write'], roles: ['admin'] };

/** An app with one tool, prompt, resource and template, all under the same access. */
function guarded(access: Access): App {
  return testApp().add(
    defineTool({ name: 'guarded', access, run: () => 'in' }),
    definePrompt({ name: 'guarded', access, run: () => 'in', complete: { name: () => ['Ada'] } }),
    defineResource({ uri: 'note://1', access, read: () => 'in' }),
    defineResource({
      template: 'note://all/{id}',
      access,
      read: () => 'in',
      list: () => [{ uri: 'note://all/1', name: 'one' }],
      complete: { id: () => ['1'] },
    }),
  );
}

async function listed(app: App, principal: Principal): Promise<number> {
  const client = createTestClient(app, { as: principal });
  const lists = await Promise.all(
    (['tools', 'prompts', 'resources', 'templates'] as const).map((kind) => client.list(kind)),
  );
  return lists.flat().length;
}

/** Tries everything; gives the distinct error codes. */
async function outcomes(app: App, principal: Principal, era: 'legacy' | 'modern'): Promise<unknown[]> {
  const client = createTestClient(app, { as: principal, era });
  const attempts = [
    () => client.call('guarded'),
    () => client.prompt('guarded'),
    () => client.read('note://1'),
    () => client.read('note://all/1'),
    ...(era === 'legacy' ? [() => client.subscribe('note://1')] : []),
  ];
  const codes = new Set<unknown>();
  for (const attempt of attempts) {
    await attempt().then(
      () => codes.add('in'),
      (error: { rpcCode: unknown }) => codes.add(error.rpcCode),
    );
  }
  return [...codes];
}

describe('access by scopes', () => {
  const app = guarded({ scopes: ['files:read', 'files:write'] });

  test('lists a definition for those who hold all of them', async () => {
    expect(await listed(app, writer)).toBe(5);
    expect(await listed(app, local)).toBe(5);
    expect(await listed(app, reader)).toBe(0);
    expect(await listed(app, anonymous)).toBe(0);
  });

  test.each(eras)('lets them in, and tells others which scopes they need (%s)', async (era) => {
    expect(await outcomes(app, writer, era)).toEqual(['in']);
    expect(await outcomes(app, local, era)).toEqual(['in']);
    expect(await outcomes(app, reader, era)).toEqual([-31403]);
    await expect(createTestClient(app, { as: reader, era }).call('guarded')).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      message: 'Access to the tool "guarded" needs the scopes: files:read, files:write.',
      data: { code: 'ACCESS_DENIED', scopes: ['files:read', 'files:write'] },
    });
  });

  test('the handler never runs without', async () => {
    let runs = 0;
    const tool = defineTool({ name: 'guarded', access: { scopes: ['x'] }, run: () => void (runs += 1) });
    await expect(testApp().add(tool).call(tool, {}, { principal: anonymous })).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
    });
    expect(runs).toBe(0);
  });
});

describe.each<[string, Access]>([
  ['roles', { roles: ['admin', 'owner'] }],
  ['a predicate', { allow: ({ id }) => id === 'ada' || id === 'local' }],
])('access by %s', (_, access) => {
  const app = guarded(access);

  test('lists and lets in whom it names, and the local user', async () => {
    for (const principal of [admin, local]) {
      expect(await listed(app, principal)).toBe(5);
      expect(await outcomes(app, principal, 'modern')).toEqual(['in']);
    }
  });

  test('does not exist for others: they get the answer that a wrong name gets', async () => {
    expect(await listed(app, writer)).toBe(0);
    expect(await outcomes(app, writer, 'modern')).toEqual([-32602]);
    expect(await outcomes(app, writer, 'legacy')).toEqual([-32602, -32002]);
    const hidden = await createTestClient(app, { as: writer })
      .call('guarded')
      .catch((error: unknown) => error);
    const wrong = await createTestClient(testApp(), { as: writer })
      .call('guarded')
      .catch((error: unknown) => error);
    expect(hidden).toEqual(wrong);
  });
});

describe('access by several at once', () => {
  const access = {
    scopes: ['files:write'],
    roles: ['admin'],
    allow: ({ id }: Principal) => id !== 'mallory',
  };

  test('all of them have to hold', async () => {
    const app = guarded(access);
    expect(await outcomes(app, admin, 'modern')).toEqual(['in']);
    expect(await outcomes(app, writer, 'modern'), 'no role').toEqual([-32602]);
    expect(await outcomes(app, { ...admin, id: 'mallory' }, 'modern'), 'refused').toEqual([-32602]);
    expect(await outcomes(app, { ...admin, scopes: [] }, 'modern'), 'no scope').toEqual([-31403]);
  });

  test('a predicate binds the local user too', async () => {
    expect(await outcomes(guarded({ roles: ['admin'], allow: () => false }), local, 'modern')).toEqual([
      -32602,
    ]);
  });
});

describe('completion', () => {
  test.each<[string, Access]>([
    ['scopes', { scopes: ['files:write'] }],
    ['roles', { roles: ['admin'] }],
  ])('gives nothing away of what %s forbid', async (_, access) => {
    const app = guarded(access);
    const prompt = { type: 'ref/prompt' as const, name: 'guarded' };
    const template = { type: 'ref/resource' as const, uri: 'note://all/{id}' };
    expect(
      (await createTestClient(app, { as: admin }).complete(prompt, { name: 'name', value: '' })).values,
    ).toEqual(['Ada']);
    const client = createTestClient(app, { as: reader });
    await expect(client.complete(prompt, { name: 'name', value: '' })).rejects.toMatchObject({
      rpcCode: -32602,
    });
    await expect(client.complete(template, { name: 'id', value: '' })).rejects.toMatchObject({
      rpcCode: -32602,
    });
  });
});

describe.each(eras)('changes of a resource (%s)', (era) => {
  test('are told only to those who may read it', async () => {
    const app = guarded({ scopes: ['files:write'] }).add(
      defineResource({ uri: 'note://open', read: () => '' }),
    );
    const told = async (principal: Principal) => {
      const client = createTestClient(app, { as: principal, era });
      await client.connect();
      if (era === 'legacy')
        await Promise.allSettled(['note://1', 'note://open'].map((uri) => client.subscribe(uri)));
      else await client.listen({ resourceSubscriptions: ['note://1', 'note://open'] }).acknowledged;
      app.resourceUpdated('note://1');
      app.resourceUpdated('note://open');
      app.resourceUpdated('note://other');
      await settled();
      return client.notifications
        .filter(({ method }) => method === 'notifications/resources/updated')
        .map(({ params }) => params?.['uri']);
    };
    expect(await told(writer)).toEqual(['note://1', 'note://open']);
    expect(await told(reader)).toEqual(['note://open']);
  });

  test('a predicate that throws ends neither the process nor the stream', async () => {
    const access = {
      allow: () => {
        throw new Error('directory is down');
      },
    };
    const app = testApp().add(
      defineResource({ uri: 'note://1', access, read: () => '' }),
      defineResource({ uri: 'note://2', read: () => '' }),
    );
    const client = createTestClient(app, { era: 'modern' });
    await client.listen({ resourceSubscriptions: ['note://1', 'note://2'] }).acknowledged;
    app.resourceUpdated('note://1');
    app.resourceUpdated('note://2');
    await settled();
    expect(client.notifications.at(-1)?.params).toMatchObject({ uri: 'note://2' });
    await expect(createTestClient(app, { era }).read('note://1')).rejects.toMatchObject({
      rpcCode: -32603,
      message: 'Internal error',
    });
  });
});

describe('principalKey', () => {
  test('no two principals share one', () => {
    const principals: Omit<Principal, 'scopes'>[] = [
      { id: 'a' },
      { id: '"a"' },
      { id: '["x","a",null]' },
      { id: 'a', issuer: 'x' },
      { id: 'x', issuer: 'a' },
      { id: 'a', clientId: 'x' },
      { id: 'a', issuer: 'x', clientId: 'y' },
      { id: 'a","x' },
    ];
    expect(new Set(principals.map((principal) => principalKey({ ...principal, scopes: [] }))).size).toBe(
      principals.length,
    );
  });

  test('what a principal may do is not part of it', () => {
    expect(principalKey({ ...reader, scopes: '*', roles: ['admin'] })).toBe(principalKey(reader));
  });
});
