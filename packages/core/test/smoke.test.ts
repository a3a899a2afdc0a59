import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { createApp, defineTool, text, type Call, type Middleware, type InferOutput } from '../src/index.ts';

const add = defineTool({
  name: 'add',
  input: z.object({ a: z.number(), b: z.number().default(1) }),
  output: z.object({ sum: z.number() }),
  run: ({ a, b }) => ({ sum: a + b }),
});
const plain = defineTool({ name: 'plain', run: async () => ({ x: 1 }) });
const blocks = defineTool({ name: 'blocks', run: async () => text('hi') });
interface Tenant { id: string }
const needs = defineTool({ name: 'needs', input: z.object({ q: z.string() }), run: ({ q }, call: Call<{ tenant: Tenant }>) => `${q} ${call.context.tenant.id}` });
function tenant(): Middleware<{ tenant: Tenant }> {
  return async function resolveTenant(call, next) {
    return next({ context: { tenant: { id: call.principal.id } } });
  };
}
function timeoutish(): Middleware {
  return async function t(call, next) { return await next({ signal: call.signal }); };
}
test('calls', async () => {
  const app = createApp({ name: 'a', version: '1' }).add(add, plain, blocks);
  expect(await app.call(add, { a: 1 })).toEqual({ sum: 2 });
  expect(await app.call(plain)).toEqual({ x: 1 });
  expectTypeOf<InferOutput<typeof plain>>().toEqualTypeOf<{ x: number }>();
  const r = await app.call(add, { a: 1 });
  expectTypeOf(r).toEqualTypeOf<{ sum: number }>();
  await expect(app.call(add, { a: 'x' } as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
  // @ts-expect-error needs tenant
  createApp({ name: 'a', version: '1' }).add(needs);
  const b = createApp({ name: 'a', version: '1' }).use(timeoutish(), tenant()).add(needs);
  expect(await b.call(needs, { q: 'x' })).toBe('x local');
  // @ts-expect-error needs tenant
  createApp({ name: 'a', version: '1' }).use(async (call: Call<{tenant: Tenant}>, next) => next());
  const child = createApp<{ tenant: Tenant }>({ name: 'c', version: '1' }).add(needs);
  // @ts-expect-error child needs tenant
  createApp({ name: 'a', version: '1' }).mount('x', child);
  const parent = createApp({ name: 'a', version: '1' }).use(tenant()).mount('x', child);
  expect(await parent.call('x_needs', { q: 'y' })).toBe('y local');
  expect((await parent.list('tools')).map((t) => t.name)).toEqual(['x_needs']);
});
