import { assertType, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  definePrompt,
  defineResource,
  defineTool,
  jsonSchema,
  result,
  text,
  ToolError,
  type Call,
  type CallToolResult,
  type InferInput,
  type InferOutput,
  type InputAnswer,
  type JsonObject,
  type NoContext,
  type Schema,
  type SchemaInput,
  type SchemaOutput,
  type TemplateVariables,
  type Tool,
} from '../../src/index.ts';

const input = z.object({
  path: z.string().default('/'),
  depth: z.number().optional(),
  at: z.string().transform((day) => new Date(day)),
});
const output = z.object({ usedBytes: z.number(), note: z.string().default('') });

test('arguments and results come from the schemas', () => {
  const tool = defineTool({
    name: 'disk_usage',
    input,
    output,
    run: (args, call) => {
      expectTypeOf(args).toEqualTypeOf<{ path: string; depth?: number | undefined; at: Date }>();
      expectTypeOf(call).toEqualTypeOf<Call>();
      return { usedBytes: 1 };
    },
  });
  expectTypeOf<InferInput<typeof tool>>().toEqualTypeOf<{
    path?: string | undefined;
    depth?: number | undefined;
    at: string;
  }>();
  expectTypeOf<InferOutput<typeof tool>>().toEqualTypeOf<{ usedBytes: number; note: string }>();
});

test('a handler returns what the output schema takes, now or later, or a full result of it', () => {
  assertType<Tool>(defineTool({ name: 'a', output, run: () => ({ usedBytes: 1, note: 'x' }) }));
  defineTool({ name: 'a', output, run: async () => ({ usedBytes: 1 }) });
  defineTool({
    name: 'a',
    output,
    run: () => result({ structuredContent: { usedBytes: 1 }, content: [text('a')] }),
  });
  // @ts-expect-error usedBytes is a number
  defineTool({ name: 'a', output, run: () => ({ usedBytes: 'many' }) });
  // @ts-expect-error usedBytes is missing
  defineTool({ name: 'a', output, run: async () => ({ note: 'x' }) });
  // @ts-expect-error nothing is not the output
  defineTool({ name: 'a', output, run: () => {} });
  // @ts-expect-error so is a block
  defineTool({ name: 'a', output, run: () => text('a') });
  // @ts-expect-error the full result holds something else
  defineTool({ name: 'a', output, run: () => result({ structuredContent: { usedBytes: 'many' } }) });
});

test('without an output schema the handler says what comes back', () => {
  const object = defineTool({ name: 'a', run: () => ({ a: 1 }) });
  const later = defineTool({ name: 'a', run: async () => [1, 2] });
  const words = defineTool({ name: 'a', run: () => 'hello' });
  const nothing = defineTool({ name: 'a', run: () => {} });
  const block = defineTool({ name: 'a', run: () => text('a') });
  const blocks = defineTool({ name: 'a', run: async () => [text('a')] });
  const full = defineTool({ name: 'a', run: () => result({ content: [] }) });
  const fails = defineTool({
    name: 'a',
    run: () => {
      throw new ToolError('NO', 'No.');
    },
  });
  expectTypeOf<InferOutput<typeof object>>().toEqualTypeOf<{ a: number }>();
  expectTypeOf<InferOutput<typeof later>>().toEqualTypeOf<number[]>();
  expectTypeOf<InferOutput<typeof words>>().toEqualTypeOf<string>();
  expectTypeOf<InferOutput<typeof nothing>>().toEqualTypeOf<void>();
  expectTypeOf<InferOutput<typeof block>>().toEqualTypeOf<CallToolResult>();
  expectTypeOf<InferOutput<typeof blocks>>().toEqualTypeOf<CallToolResult>();
  expectTypeOf<InferOutput<typeof full>>().toEqualTypeOf<CallToolResult>();
  expectTypeOf<InferOutput<typeof fails>>().toBeNever();
});

test('without an input schema a tool takes nothing', () => {
  defineTool({
    name: 'a',
    run: (args) => {
      expectTypeOf(args).toEqualTypeOf<NoContext>();
    },
  });
});

test('JSON Schema has the type it is given', () => {
  const typed = jsonSchema<{ a: number }>({ type: 'object' });
  const untyped = jsonSchema({ type: 'object' });
  expectTypeOf<SchemaOutput<typeof typed>>().toEqualTypeOf<{ a: number }>();
  expectTypeOf<SchemaInput<typeof typed>>().toEqualTypeOf<{ a: number }>();
  expectTypeOf<SchemaOutput<typeof untyped>>().toEqualTypeOf<JsonObject>();
});

test('only schemas that can give JSON Schema are schemas', () => {
  expectTypeOf(z.string()).toExtend<Schema<string>>();
  const { jsonSchema: _json, ...standard } = z.object({})['~standard'];
  // @ts-expect-error no JSON Schema
  defineTool({ name: 'a', input: { '~standard': standard }, run: () => 1 });
});

test('definitions are read-only', () => {
  const tool = defineTool({ name: 'a', run: () => 1 });
  // @ts-expect-error frozen
  void (() => (tool.name = 'b'));
  expectTypeOf(tool.kind).toEqualTypeOf<'tool'>();
});

test('a tool that needs context says so once', () => {
  interface Tenant {
    readonly id: string;
  }
  const tool = defineTool({
    name: 'a',
    input: z.object({ q: z.string() }),
    run: ({ q }, call: Call<{ tenant: Tenant }>) => `${q} ${call.context.tenant.id}`,
  });
  expectTypeOf(tool).toEqualTypeOf<Tool<{ q: string }, string, { tenant: Tenant }>>();
});

test('variables of a template are named by it', () => {
  defineResource({
    template: 'repo://{owner}/{name}{/path*}{#fragment:3}{+rest}',
    read: (variables) => {
      expectTypeOf(variables).toEqualTypeOf<{
        owner: string;
        name: string;
        path: string;
        fragment: string;
        rest: string;
      }>();
      // @ts-expect-error no such variable
      void variables.branch;
      return variables.owner;
    },
  });
  expectTypeOf<TemplateVariables<'a://{x,y}'>>().toEqualTypeOf<{ x: string; y: string }>();
  assertType(
    defineResource({
      template: 'a://fixed',
      read: (variables) => (expectTypeOf<keyof typeof variables>().toBeNever(), ''),
    }),
  );
  expectTypeOf<TemplateVariables<string>>().toEqualTypeOf<Record<string, string | string[]>>();
});

test('variables of a query may be missing', () => {
  expectTypeOf<TemplateVariables<'a://{x}{?q,lang}{&page}'>>().toEqualTypeOf<{
    x: string;
    q?: string;
    lang?: string;
    page?: string;
  }>();
});

test('completers belong to variables and arguments that exist', () => {
  const family = defineResource({
    template: 'a://{x}',
    read: ({ x }) => x,
    complete: { x: (typed) => [typed] },
  });
  expectTypeOf(family.kind).toEqualTypeOf<'resource'>();
  // @ts-expect-error no variable y
  defineResource({ template: 'a://{x}', read: ({ x }) => x, complete: { y: () => [] } });
  const schema = z.object({ file: z.string() });
  definePrompt({ name: 'p', input: schema, run: ({ file }) => file, complete: { file: (typed) => [typed] } });
  // @ts-expect-error no argument path
  definePrompt({ name: 'p', input: schema, run: ({ file }) => file, complete: { path: () => [] } });
});

test('a prompt takes what its schema gives', () => {
  definePrompt({
    name: 'p',
    input: z.object({ count: z.coerce.number() }),
    run: ({ count }) => {
      expectTypeOf(count).toEqualTypeOf<number>();
      return '';
    },
  });
  // @ts-expect-error a number is no message
  definePrompt({ name: 'p', run: () => 7 });
  // @ts-expect-error a number is no content
  defineResource({ uri: 'a://b', read: () => 7 });
});

test('an answer has the content of its schema once it is accepted', () => {
  defineTool({
    name: 'a',
    run: async (_args, call) => {
      const answer = await call.requireInput('k', {
        message: '',
        schema: z.object({ n: z.coerce.number() }),
      });
      expectTypeOf(answer).toEqualTypeOf<InputAnswer<{ n: number }>>();
      // @ts-expect-error not before action is looked at
      void answer.content;
      if (answer.action === 'accept') expectTypeOf(answer.content).toEqualTypeOf<{ n: number }>();
      const visit = await call.requireInput('u', { message: '', url: 'https://example.com' });
      if (visit.action === 'accept') expectTypeOf(visit.content).toEqualTypeOf<undefined>();
      // @ts-expect-error a form or a page, not both
      void (() => call.requireInput('b', { message: '', url: 'https://example.com', schema: z.object({}) }));
    },
  });
});

test('the data of an error is unknown until it is looked at', () => {
  const error = new ToolError('NO', 'No.', { data: { free: 0 } });
  expectTypeOf(error.data).toBeUnknown();
  expectTypeOf(error.code).toEqualTypeOf<string>();
});
