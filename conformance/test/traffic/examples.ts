import type { JsonObject } from '@toolyard/core/protocol';

/** Params for each request a client of any revision may send, in the manner of the examples of the official schema. */
export interface Example {
  readonly method: string;
  readonly about: string;
  readonly params: JsonObject;
  /** Fields of `params` that the schema requires, as paths. */
  readonly required: readonly string[];
  /** Fields of `params` that it allows, as paths. */
  readonly optional: readonly string[];
}

/** Requests of every revision since 2024-11-05. */
export const examples: readonly Example[] = [
  { method: 'tools/list', about: 'first page', params: {}, required: [], optional: ['cursor'] },
  { method: 'resources/list', about: 'first page', params: {}, required: [], optional: ['cursor'] },
  { method: 'resources/templates/list', about: 'first page', params: {}, required: [], optional: ['cursor'] },
  { method: 'prompts/list', about: 'first page', params: {}, required: [], optional: ['cursor'] },
  {
    method: 'tools/call',
    about: 'numbers',
    params: { name: 'add', arguments: { a: 2, b: 3 } },
    required: ['name', 'arguments.a'],
    optional: ['arguments', 'arguments.b'],
  },
  {
    method: 'resources/read',
    about: 'a text',
    params: { uri: 'test://static-text' },
    required: ['uri'],
    optional: [],
  },
  {
    method: 'prompts/get',
    about: 'two arguments',
    params: { name: 'greeting', arguments: { name: 'Ada', style: 'formal' } },
    required: ['name', 'arguments.name'],
    optional: ['arguments', 'arguments.style'],
  },
  {
    method: 'completion/complete',
    about: 'an argument of a prompt',
    params: {
      ref: { type: 'ref/prompt', name: 'test_prompt_with_arguments' },
      argument: { name: 'arg1', value: 'par' },
      context: { arguments: { arg2: 'x' } },
    },
    required: ['ref', 'ref.type', 'ref.name', 'argument', 'argument.name', 'argument.value'],
    optional: ['context', 'context.arguments'],
  },
];

/** More well-formed requests of every revision. */
export const variations: readonly Pick<Example, 'method' | 'about' | 'params'>[] = [
  { method: 'tools/call', about: 'no arguments', params: { name: 'test_simple_text' } },
  { method: 'tools/call', about: 'empty arguments', params: { name: 'test_simple_text', arguments: {} } },
  {
    method: 'tools/call',
    about: 'arguments of a tool without any',
    params: { name: 'test_simple_text', arguments: { a: 1 } },
  },
  { method: 'tools/call', about: 'a default', params: { name: 'add', arguments: { a: 2 } } },
  { method: 'tools/call', about: 'an unknown argument', params: { name: 'add', arguments: { a: 2, c: 3 } } },
  { method: 'tools/call', about: 'an array as output', params: { name: 'list_names' } },
  {
    method: 'tools/call',
    about: 'a number as output',
    params: { name: 'count_letters', arguments: { word: 'word' } },
  },
  { method: 'tools/call', about: 'every content', params: { name: 'look_around' } },
  { method: 'tools/call', about: 'an image', params: { name: 'test_image_content' } },
  { method: 'tools/call', about: 'a sound', params: { name: 'test_audio_content' } },
  { method: 'tools/call', about: 'a resource', params: { name: 'test_embedded_resource' } },
  { method: 'tools/call', about: 'mixed content', params: { name: 'test_multiple_content_types' } },
  { method: 'tools/call', about: 'a tool error', params: { name: 'test_error_handling' } },
  { method: 'tools/call', about: 'a crash', params: { name: 'crash' } },
  { method: 'tools/call', about: 'output that does not fit', params: { name: 'wrong_output' } },
  { method: 'tools/call', about: 'an unknown tool', params: { name: 'nobody' } },
  { method: 'tools/call', about: 'a tool named like a method of objects', params: { name: 'constructor' } },
  { method: 'tools/call', about: 'a tool named __proto__', params: { name: '__proto__' } },
  { method: 'tools/call', about: 'progress nobody asked for', params: { name: 'test_tool_with_progress' } },
  {
    method: 'tools/call',
    about: 'progress',
    params: { name: 'test_tool_with_progress', _meta: { progressToken: 'p' } },
  },
  {
    method: 'tools/call',
    about: 'progress by number',
    params: { name: 'test_tool_with_progress', _meta: { progressToken: 7 } },
  },
  { method: 'tools/call', about: 'log messages', params: { name: 'test_tool_with_logging' } },
  {
    method: 'tools/call',
    about: 'unknown metadata',
    params: { name: 'add', arguments: { a: 1 }, _meta: { 'com.example/x': 1 } },
  },
  {
    method: 'tools/call',
    about: 'a trace',
    params: {
      name: 'add',
      arguments: { a: 1 },
      _meta: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01' },
    },
  },
  {
    method: 'tools/call',
    about: 'a schema of 2020-12',
    params: { name: 'json_schema_2020_12_tool', arguments: { name: 'Ada', email: 'ada@example.com' } },
  },
  {
    method: 'tools/call',
    about: 'a schema of 2020-12 that refuses',
    params: { name: 'json_schema_2020_12_tool', arguments: { name: 'Ada' } },
  },
  { method: 'resources/read', about: 'a picture', params: { uri: 'test://static-binary' } },
  { method: 'resources/read', about: 'a template', params: { uri: 'test://template/5/data' } },
  {
    method: 'resources/read',
    about: 'a template with an encoded variable',
    params: { uri: 'judge://users/a%20b' },
  },
  { method: 'resources/read', about: 'a broken resource', params: { uri: 'judge://broken' } },
  { method: 'resources/read', about: 'an unknown resource', params: { uri: 'test://nothing' } },
  { method: 'resources/read', about: 'no URI at all', params: { uri: 'nothing' } },
  { method: 'resources/read', about: 'an empty URI', params: { uri: '' } },
  { method: 'prompts/get', about: 'no arguments', params: { name: 'test_simple_prompt' } },
  {
    method: 'prompts/get',
    about: 'an optional argument left out',
    params: { name: 'greeting', arguments: { name: 'Ada' } },
  },
  {
    method: 'prompts/get',
    about: 'an unknown argument that is no text',
    params: { name: 'greeting', arguments: { name: 'Ada', x: 7 } },
  },
  {
    method: 'prompts/get',
    about: 'an unknown argument',
    params: { name: 'greeting', arguments: { name: 'Ada', x: 'y' } },
  },
  {
    method: 'prompts/get',
    about: 'a resource',
    params: { name: 'test_prompt_with_embedded_resource', arguments: { resourceUri: 'test://x' } },
  },
  { method: 'prompts/get', about: 'a picture', params: { name: 'test_prompt_with_image' } },
  { method: 'prompts/get', about: 'an unknown prompt', params: { name: 'nobody' } },
  { method: 'prompts/get', about: 'a broken prompt', params: { name: 'broken_prompt' } },
  {
    method: 'completion/complete',
    about: 'an argument without completion',
    params: {
      ref: { type: 'ref/prompt', name: 'test_prompt_with_arguments' },
      argument: { name: 'arg2', value: '' },
    },
  },
  {
    method: 'completion/complete',
    about: 'an unknown argument',
    params: { ref: { type: 'ref/prompt', name: 'greeting' }, argument: { name: 'nobody', value: '' } },
  },
  {
    method: 'completion/complete',
    about: 'an unknown prompt',
    params: { ref: { type: 'ref/prompt', name: 'nobody' }, argument: { name: 'a', value: '' } },
  },
  {
    method: 'completion/complete',
    about: 'a template',
    params: {
      ref: { type: 'ref/resource', uri: 'judge://users/{id}' },
      argument: { name: 'id', value: '1' },
    },
  },
  {
    method: 'completion/complete',
    about: 'a template without completion',
    params: {
      ref: { type: 'ref/resource', uri: 'test://template/{id}/data' },
      argument: { name: 'id', value: '1' },
    },
  },
  {
    method: 'completion/complete',
    about: 'a plain resource',
    params: {
      ref: { type: 'ref/resource', uri: 'test://static-text' },
      argument: { name: 'id', value: '1' },
    },
  },
  {
    method: 'completion/complete',
    about: 'an unknown resource',
    params: { ref: { type: 'ref/resource', uri: 'test://nothing' }, argument: { name: 'id', value: '1' } },
  },
  {
    method: 'completion/complete',
    about: 'an unknown kind of reference',
    params: { ref: { type: 'ref/tool', name: 'add' }, argument: { name: 'a', value: '1' } },
  },
];

/** Values no field of the schema can take, with the names tests give them. */
export const WRONG_VALUES: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['a number', 7],
  ['a text', 'text'],
  ['an array', ['a']],
  ['a boolean', true],
];

/** A copy of params without the field at a path. */
export function without(params: JsonObject, path: string): JsonObject {
  const copy = structuredClone(params);
  const [last, ...parents] = path.split('.').toReversed() as [string, ...string[]];
  let node = copy;
  for (const key of parents.toReversed()) node = node[key] as JsonObject;
  delete node[last];
  return copy;
}

/** A copy of params with another value at a path. */
export function withValue(params: JsonObject, path: string, value: unknown): JsonObject {
  const copy = structuredClone(params);
  const [last, ...parents] = path.split('.').toReversed() as [string, ...string[]];
  let node = copy;
  for (const key of parents.toReversed()) node = node[key] as JsonObject;
  node[last] = value;
  return copy;
}
