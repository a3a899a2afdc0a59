import { assertType, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  createApp,
  defineMethod,
  definePlugin,
  definePrompt,
  defineResource,
  defineTool,
  text,
  type App,
  type Call,
  type CallToolResult,
  type JsonObject,
  type MethodMiddleware,
  type Middleware,
  type NoContext,
} from '../../src/index.ts';
import type {
  CompleteResult,
  DiscoverResult,
  GetPromptResult,
  InitializeResult,
  InputRequiredResult,
  ListToolsResult,
  PromptDescription,
  ReadResourceResult,
  ToolDescription,
} from '../../src/protocol.ts';

interface Tenant {
  readonly id: string;
}
interface User {
  readonly name: string;
}

const about = { name: 'a', version: '1' };
const tenant: Middleware<{ tenant: Tenant }> = async (_call, next) =>
  next({ context: { tenant: { id: 'acme' } } });
const user: Middleware<{ user: User }, { tenant: Tenant }> = async (call, next) =>
  next({ context: { user: { name: call.context.tenant.id } } });
const pass: Middleware = async (_call, next) => next();

const needsTenant = defineTool({
  name: 'tenant',
  run: (_args, call: Call<{ tenant: Tenant }>) => call.context.tenant.id,
});
const needsBoth = defineTool({
  name: 'both',
  run: (_args, call: Call<{ tenant: Tenant; user: User }>) => call.context.user.name,
});

test('a tool can be added after the middleware that gives what it needs, not before', () => {
  assertType(() => createApp(about).use(tenant).add(needsTenant));
  assertType(() => createApp(about).use(pass, tenant, user).add(needsTenant, needsBoth));
  assertType(() => createApp(about).use(tenant).use(user).add(needsBoth));
  // @ts-expect-error nothing gives tenant
  assertType(() => createApp(about).add(needsTenant));
  // @ts-expect-error it comes too late
  assertType(() => createApp(about).add(needsTenant).use(tenant));
  // @ts-expect-error user is missing
  assertType(() => createApp(about).use(tenant).add(needsBoth));
});

test('so can prompts and resources', () => {
  const prompt = definePrompt({
    name: 'p',
    run: (_args, call: Call<{ tenant: Tenant }>) => call.context.tenant.id,
  });
  const fixed = defineResource({
    uri: 'a://b',
    read: (call: Call<{ tenant: Tenant }>) => call.context.tenant.id,
  });
  const family = defineResource({
    template: 'a://{x}',
    read: ({ x }, call: Call<{ tenant: Tenant }>) => x + call.context.tenant.id,
  });
  assertType(() => createApp(about).use(tenant).add(prompt, fixed, family));
  // @ts-expect-error nothing gives tenant
  assertType(() => createApp(about).add(prompt));
  // @ts-expect-error nothing gives tenant
  assertType(() => createApp(about).add(fixed));
  // @ts-expect-error nothing gives tenant
  assertType(() => createApp(about).add(family));
});

test('middleware comes after the middleware it needs', () => {
  assertType(() => createApp(about).use(tenant, user));
  assertType(() => createApp(about).use(tenant).use(pass).use(user));
  // @ts-expect-error nothing gives tenant
  assertType(() => createApp(about).use(user));
  // @ts-expect-error it comes too late
  assertType(() => createApp(about).use(user, tenant));
});

test('the context of an app is what its middleware adds', () => {
  const app = createApp(about).use(tenant, user);
  expectTypeOf(app).toEqualTypeOf<App<NoContext, { tenant: Tenant } & { user: User }>>();
  expectTypeOf(createApp(about).use(pass)).toEqualTypeOf<App>();
});

test('middleware that adds to the context has to pass it on', () => {
  // @ts-expect-error context is missing
  assertType(() => createApp(about).use<{ tenant: Tenant }>(async (_call, next) => next()));
  // @ts-expect-error context has something else
  assertType(() => createApp(about).use<{ a: number }>(async (_call, next) => next({ context: { b: 1 } })));
});

test('middleware for all methods gives on what next() gives', () => {
  assertType(() => createApp(about).use(async (_call, next) => next()));
  // @ts-expect-error nothing is returned
  assertType(() => createApp(about).use(async (_call, next) => void (await next())));
  // @ts-expect-error a result of one method is not one of every method
  assertType(() => createApp(about).use(async () => ({ content: [] })));
});

test('middleware for one method has its params and results', () => {
  const app = createApp(about);
  app.use('tools/call', async (call, next) => {
    expectTypeOf(call.params.name).toEqualTypeOf<string>();
    expectTypeOf(call.params.arguments).toEqualTypeOf<JsonObject | undefined>();
    expectTypeOf(call.method).toEqualTypeOf<'tools/call'>();
    const answer = await next();
    expectTypeOf(answer).toEqualTypeOf<CallToolResult | InputRequiredResult>();
    return { content: [text('a')] };
  });
  app.use('tools/list', async (_call, next) => {
    expectTypeOf(await next()).toEqualTypeOf<ListToolsResult>();
    return { tools: [] };
  });
  app.use(
    'prompts/get',
    async (_call, next) => (
      expectTypeOf(await next()).toEqualTypeOf<GetPromptResult | InputRequiredResult>(),
      next()
    ),
  );
  app.use(
    'resources/read',
    async (_call, next) => (
      expectTypeOf(await next()).toEqualTypeOf<ReadResourceResult | InputRequiredResult>(),
      next()
    ),
  );
  app.use(
    'completion/complete',
    async (_call, next) => (expectTypeOf(await next()).toEqualTypeOf<CompleteResult>(), next()),
  );
  app.use(
    'initialize',
    async (_call, next) => (expectTypeOf(await next()).toEqualTypeOf<InitializeResult>(), next()),
  );
  app.use(
    'server/discover',
    async (_call, next) => (expectTypeOf(await next()).toEqualTypeOf<DiscoverResult>(), next()),
  );
  app.use('com.example/own', async (call, next) => {
    expectTypeOf(call.params).toEqualTypeOf<JsonObject>();
    expectTypeOf(await next()).toEqualTypeOf<JsonObject>();
    return {};
  });
  app.use('notifications/cancelled', async (call, next) => {
    expectTypeOf(call.params.requestId).toEqualTypeOf<string | number | undefined>();
    expectTypeOf(await next()).toEqualTypeOf<undefined>();
    return undefined;
  });
  // @ts-expect-error not a result of tools/list
  assertType(() => app.use('tools/list', async () => ({ content: [] })));
  // @ts-expect-error name is a string
  assertType(() => app.use('tools/call', async (_call, next) => next({ params: { name: 7 } })));
  // @ts-expect-error methods are text
  assertType(() => app.use(7, pass));
});

test('middleware for all methods fits one method', () => {
  expectTypeOf(pass).toExtend<MethodMiddleware<'tools/call'>>();
  assertType(() => createApp(about).use('tools/call', pass));
});

const forTools: MethodMiddleware<'tools/call', NoContext, { tenant: Tenant }> = async (call, next) =>
  call.context.tenant.id === '' ? { content: [] } : next();

test('middleware for one method may need context, and adds none that handlers of others could rely on', () => {
  assertType(() => createApp(about).use(tenant).use('tools/call', forTools));
  // @ts-expect-error nothing gives tenant
  assertType(() => createApp(about).use('tools/call', forTools));
  expectTypeOf(createApp(about).use('tools/call', tenant)).toEqualTypeOf<App>();
});

test('a child that expects context is mounted where it is given', () => {
  const child = createApp<{ tenant: Tenant }>(about).add(needsTenant);
  assertType(() => createApp(about).use(tenant).mount('x', child));
  assertType(() => createApp<{ tenant: Tenant }>(about).mount('x', child));
  assertType(() => createApp(about).use(tenant, user).mount('x', child));
  // @ts-expect-error nothing gives tenant
  assertType(() => createApp(about).mount('x', child));
  // @ts-expect-error it comes too late
  assertType(() => createApp(about).mount('x', child).use(tenant));
  assertType(() => createApp(about).mount('x', createApp(about)));
  assertType(() => createApp(about).use(tenant).mount('x', createApp(about)));
});

test("a child's own middleware is not asked of the parent", () => {
  const child = createApp(about).use(tenant).add(needsTenant);
  assertType(() => createApp(about).mount('x', child));
});

test('app.call has the types of the tool', () => {
  const app = createApp(about);
  const add = defineTool({
    name: 'add',
    input: z.object({ a: z.number(), b: z.number().default(1) }),
    output: z.object({ sum: z.number() }),
    run: ({ a, b }) => ({ sum: a + b }),
  });
  const plain = defineTool({ name: 'plain', run: async () => ({ x: 1 }) });
  const blocks = defineTool({ name: 'blocks', run: () => [text('a')] });
  assertType(async () => {
    expectTypeOf(await app.call(add, { a: 1 })).toEqualTypeOf<{ sum: number }>();
    expectTypeOf(await app.call(plain)).toEqualTypeOf<{ x: number }>();
    expectTypeOf(await app.call(plain, {}, { tenant: 'acme' })).toEqualTypeOf<{ x: number }>();
    expectTypeOf(await app.call(blocks)).toEqualTypeOf<CallToolResult>();
    expectTypeOf(await app.call(needsTenant)).toEqualTypeOf<string>();
    expectTypeOf(await app.call('x_add', { a: 1 })).toBeUnknown();
  });
  // @ts-expect-error a is a number
  assertType(() => app.call(add, { a: 'one' }));
  // @ts-expect-error a is missing
  assertType(() => app.call(add, {}));
  // @ts-expect-error arguments are missing
  assertType(() => app.call(add));
});

test('lists have the types of their kind', () => {
  const app = createApp(about);
  assertType(async () => {
    expectTypeOf(await app.list('tools')).toEqualTypeOf<ToolDescription[]>();
    expectTypeOf(await app.list('prompts')).toEqualTypeOf<PromptDescription[]>();
  });
  // @ts-expect-error no such kind
  assertType(() => app.list('gadgets'));
});

test('a plugin has options, gives context, and needs some', () => {
  const bare = definePlugin({ name: 'bare', install: () => {} });
  const optional = definePlugin({
    name: 'optional',
    install: (_app, _options: { a?: number } | undefined) => {},
  });
  const required = definePlugin({
    name: 'required',
    install: (app, { a }: { a: number }) => void app.onStart(() => void a.toFixed()),
  });
  const giving = definePlugin<void, { tenant: Tenant }>({
    name: 'giving',
    install: (app) => void app.use(tenant),
  });
  const needing = definePlugin<void, NoContext, { tenant: Tenant }>({
    name: 'needing',
    install: (app) => void app.add(needsTenant),
  });
  assertType(() =>
    createApp(about).install(bare).install(optional).install(optional, { a: 1 }).install(required, { a: 1 }),
  );
  assertType(() => createApp(about).install(giving).add(needsTenant).install(needing));
  // @ts-expect-error options are missing
  assertType(() => createApp(about).install(required));
  // @ts-expect-error a is a number
  assertType(() => createApp(about).install(required, { a: '1' }));
  // @ts-expect-error it takes no options
  assertType(() => createApp(about).install(bare, { a: 1 }));
  // @ts-expect-error nothing gives tenant
  assertType(() => createApp(about).install(needing));
});

test('methods of extensions are typed by their params', () => {
  defineMethod({
    name: 'clock/now',
    params: z.object({ zone: z.string().default('UTC') }),
    run: ({ zone }) => {
      expectTypeOf(zone).toEqualTypeOf<string>();
      return { zone };
    },
  });
  defineMethod({
    name: 'clock/raw',
    run: (params) => (expectTypeOf(params).toEqualTypeOf<JsonObject>(), {}),
  });
  // @ts-expect-error a result is an object
  defineMethod({ name: 'clock/text', run: () => 'now' });
});

test('listeners have the type of their event', () => {
  const app = createApp(about);
  app.on('toolCalled', ({ call, result, durationMs }) => {
    expectTypeOf(call).toEqualTypeOf<Call>();
    expectTypeOf(result).toEqualTypeOf<CallToolResult>();
    expectTypeOf(durationMs).toBeNumber();
  });
  app.on('toolFailed', ({ error, incident }) => {
    expectTypeOf(error).toBeUnknown();
    expectTypeOf(incident).toEqualTypeOf<string | undefined>();
  });
  // @ts-expect-error no such event
  assertType(() => app.on('toolExploded', () => {}));
});
