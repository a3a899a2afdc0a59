import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  audio,
  defineTool,
  embeddedResource,
  image,
  jsonSchema,
  resourceLink,
  result,
  text,
  ToolError,
} from '../../src/index.ts';
import { createTestClient } from '../../src/testing.ts';
import { recordingLogger, testApp } from '../helpers.ts';

/** What a 2026 client gets of a handler that returns `value`, without what every result has. */
async function sent(value: unknown) {
  const tool = defineTool({ name: 'give', run: () => value });
  const {
    resultType: _type,
    _meta,
    ...rest
  } = (await createTestClient(testApp().add(tool)).call(tool)) as Record<string, unknown>;
  return rest;
}

describe('what a handler returns', () => {
  test.each<[string, unknown]>([
    ['an object', { a: 1 }],
    ['an array', [1, 2]],
    ['an empty array', []],
    ['a number', 7],
    ['a boolean', false],
    ['null', null],
    ['an object that only looks a little like a block', { type: 'text' }],
    ['an array of blocks and other things', [text('a'), 1]],
  ])('%s is structured content, and JSON text for clients that know no such thing', async (_, value) => {
    expect(await sent(value)).toEqual({
      content: [{ type: 'text', text: JSON.stringify(value) }],
      structuredContent: value,
    });
  });

  test('a string is text', async () => {
    expect(await sent('hello')).toEqual({ content: [{ type: 'text', text: 'hello' }] });
    expect(await sent('')).toEqual({ content: [{ type: 'text', text: '' }] });
  });

  test('nothing is an empty result', async () => {
    expect(await sent(undefined)).toEqual({ content: [] });
  });

  test('blocks are content', async () => {
    expect(await sent(text('a', { annotations: { audience: ['user'] } }))).toEqual({
      content: [{ type: 'text', text: 'a', annotations: { audience: ['user'] } }],
    });
    const blocks = [
      image('AA==', 'image/png'),
      audio(new Uint8Array([0]), 'audio/wav'),
      embeddedResource({ uri: 'note://1', text: 'a' }),
      resourceLink({ uri: 'note://1', name: 'one' }),
    ];
    expect(await sent(blocks)).toEqual({
      content: [
        { type: 'image', data: 'AA==', mimeType: 'image/png' },
        { type: 'audio', data: 'AA==', mimeType: 'audio/wav' },
        { type: 'resource', resource: { uri: 'note://1', text: 'a' } },
        { type: 'resource_link', uri: 'note://1', name: 'one' },
      ],
    });
  });

  test('bytes of any length become base64', async () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
    expect(image(bytes, 'image/png').data).toBe(Buffer.from(bytes).toString('base64'));
  });

  test('a full result is sent as it is; text is only filled in where there is none', async () => {
    expect(
      await sent(result({ content: [text('a')], structuredContent: { a: 1 }, _meta: { x: 1 } })),
    ).toEqual({
      content: [{ type: 'text', text: 'a' }],
      structuredContent: { a: 1 },
    });
    expect(await sent(result({ structuredContent: { a: 1 } }))).toEqual({
      content: [{ type: 'text', text: '{"a":1}' }],
      structuredContent: { a: 1 },
    });
    expect(await sent(result({ isError: true, content: [text('no')] }))).toEqual({
      content: [{ type: 'text', text: 'no' }],
      isError: true,
    });
    expect(await sent(result({}))).toEqual({ content: [] });
  });

  test('an object with content of its own is a value, not a result', async () => {
    const letter = { content: [{ type: 'text', text: 'Dear …' }], isError: false };
    expect(await sent(letter)).toMatchObject({ structuredContent: letter });
  });

  test('a promise of any kind is awaited', async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- what query builders hand out
    expect(await sent({ then: (give: (value: unknown) => void) => give('later') })).toEqual({
      content: [{ type: 'text', text: 'later' }],
    });
  });

  test.each<[string, unknown]>([
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['a bigint', { size: 1n }],
    ['a circle', circle()],
  ])('%s is a fault of the server, which the client sees as an incident alone', async (_, value) => {
    const logger = recordingLogger();
    const tool = defineTool({ name: 'give', run: () => value });
    const client = createTestClient(testApp({ logger }).add(tool));
    const failure = await client.call(tool).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      rpcCode: -32603,
      message: 'Internal error',
      data: { incident: expect.any(String) },
    });
    expect(logger.lines).toEqual([
      expect.objectContaining({
        fields: expect.objectContaining({
          incident: (failure as { data: { incident: string } }).data.incident,
          tool: 'give',
        }),
      }),
    ]);
  });
});

describe('an output schema', () => {
  const output = z.object({ sum: z.number(), note: z.string().default('none') });

  test('is listed as what callers receive', async () => {
    const [tool] = await testApp()
      .add(defineTool({ name: 'add', output, run: () => ({ sum: 1 }) }))
      .list('tools');
    expect(tool?.outputSchema).toMatchObject({ type: 'object', required: ['sum', 'note'] });
  });

  test('fills defaults and drops what it does not name', async () => {
    const tool = defineTool({ name: 'add', output, run: () => ({ sum: 1, secret: 'x' }) });
    expect(await testApp().add(tool).call(tool)).toEqual({ sum: 1, note: 'none' });
  });

  test.each<[string, unknown]>([
    ['something else', { sum: 'one' }],
    ['nothing', undefined],
    ['a full result with something else', result({ structuredContent: { sum: 'one' } })],
    ['a full result without structured content', result({ content: [text('1')] })],
  ])('that a handler answers with %s is a fault of the server', async (_, value) => {
    const logger = recordingLogger();
    const tool = defineTool({ name: 'add', output, run: () => value as { sum: number } });
    const client = createTestClient(testApp({ logger }).add(tool));
    await expect(client.call(tool)).rejects.toMatchObject({ rpcCode: -32603, message: 'Internal error' });
    expect(String(logger.lines[0]?.fields['err'])).toContain('returned what its output schema forbids: ');
  });

  test('does not hold for a result that says it is an error', async () => {
    const tool = defineTool({
      name: 'add',
      output,
      run: () => result<z.input<typeof output>>({ isError: true, content: [text('full')] }),
    });
    expect(await createTestClient(testApp().add(tool)).call(tool)).toMatchObject({
      isError: true,
      content: [{ text: 'full' }],
    });
  });

  test('may be any JSON, not only objects', async () => {
    const list = defineTool({ name: 'list', output: z.array(z.number()), run: () => [1, 2] });
    const nothing = defineTool({ name: 'nothing', output: z.null(), run: () => null });
    const app = testApp().add(list, nothing);
    expect(await app.call(list)).toEqual([1, 2]);
    expect(await createTestClient(app).call(nothing)).toMatchObject({
      structuredContent: null,
      content: [{ text: 'null' }],
    });
  });

  test('from plain JSON Schema checks as well', async () => {
    const tool = defineTool({
      name: 'port',
      output: jsonSchema<number>({ type: 'integer' }),
      run: () => 0.5,
    });
    await expect(createTestClient(testApp().add(tool)).call(tool)).rejects.toMatchObject({ rpcCode: -32603 });
  });
});

describe('errors of a tool', () => {
  const full = defineTool({
    name: 'save',
    errors: [{ code: 'DISK_FULL', description: 'No space left.', retryable: true }],
    tags: ['files'],
    meta: { 'example.com/owner': 'storage' },
    run: () => {
      throw new ToolError('DISK_FULL', 'The disk is full.', { data: { freeBytes: 0 } });
    },
  });

  test('are published with its listing, beside tags and what the author adds', async () => {
    const [tool] = await testApp().add(full).list('tools');
    expect(tool).toMatchObject({
      _meta: {
        'example.com/owner': 'storage',
        'toolyard/tags': ['files'],
        'toolyard/errors': [{ code: 'DISK_FULL', description: 'No space left.', retryable: true }],
      },
    });
  });

  test('reach the client word for word, with code and data', async () => {
    expect(await createTestClient(testApp().add(full)).call(full)).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: 'The disk is full.' }],
      _meta: { 'toolyard/error': { code: 'DISK_FULL', data: { freeBytes: 0 } } },
    });
  });

  test('are thrown again by app.call', async () => {
    await expect(testApp().add(full).call(full)).rejects.toMatchObject({
      name: 'ToolError',
      code: 'DISK_FULL',
      data: { freeBytes: 0 },
    });
  });
});

function circle(): unknown {
  const round: Record<string, unknown> = {};
  round['self'] = round;
  return round;
}
