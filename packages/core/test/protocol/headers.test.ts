import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineTool, type Exchange } from '../../src/index.ts';
import {
  checkHeaders,
  checkParameterHeaders,
  decodeHeaderValue,
  type HeaderParameter,
} from '../../src/protocol.ts';
import { envelope, testApp } from '../helpers.ts';

const encode = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`;

describe('a header value', () => {
  test.each([
    ['plain', 'plain'],
    ['', ''],
    [encode('größe'), 'größe'],
    [encode(''), ''],
    [encode(encode('a')), encode('a')],
    ['=?base64?', '=?base64?'],
    ['=?BASE64?YQ==?=', '=?BASE64?YQ==?='],
    ['=?base64?YQ?=', undefined],
    ['=?base64?Y Q==?=', undefined],
    ['=?base64?_w==?=', undefined],
    ['=?base64?/w==?=', undefined],
  ])('%j reads %j', (value, text) => {
    expect(decodeHeaderValue(value)).toBe(text);
  });
});

describe('the headers of a request', () => {
  const call = { method: 'tools/call', params: { name: 'größe', _meta: envelope } };
  const right = {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': encode('größe'),
  };
  const check = (
    headers: Record<string, string | undefined>,
    message: { method: string; params?: unknown } = call,
  ) => checkHeaders(message, (name) => headers[name]);

  test('say what its body says', () => {
    expect(check(right)).toBeUndefined();
    expect(check({ ...right, 'mcp-method': ' tools/call\t' }), 'spaces around do not count').toBeUndefined();
  });

  test.each<[string, Record<string, string | undefined>]>([
    ['no version', { 'mcp-protocol-version': undefined }],
    ['another version', { 'mcp-protocol-version': '2025-11-25' }],
    ['no method', { 'mcp-method': undefined }],
    ['another method', { 'mcp-method': 'tools/list' }],
    ['a method in another case', { 'mcp-method': 'Tools/Call' }],
    ['no name', { 'mcp-name': undefined }],
    ['another name', { 'mcp-name': 'other' }],
    ['a broken name', { 'mcp-name': '=?base64?YQ?=' }],
  ])('are refused with %s', (_, headers) => {
    expect(check({ ...right, ...headers })).toMatchObject({
      code: -32020,
      data: { mismatch: expect.any(Object) },
    });
  });

  test.each([
    ['prompts/get', { name: 'a' }],
    ['resources/read', { uri: 'a' }],
    ['tasks/get', { taskId: 'a' }],
    ['tasks/update', { taskId: 'a' }],
    ['tasks/cancel', { taskId: 'a' }],
  ])('name the target of %s', (method, params) => {
    const headers = { ...right, 'mcp-method': method };
    expect(
      check({ ...headers, 'mcp-name': 'a' }, { method, params: { ...params, _meta: envelope } }),
    ).toBeUndefined();
    expect(
      check({ ...headers, 'mcp-name': 'b' }, { method, params: { ...params, _meta: envelope } }),
    ).toMatchObject({ code: -32020 });
  });

  test('name nothing where there is no target', () => {
    expect(
      check(
        { ...right, 'mcp-method': 'tools/list', 'mcp-name': undefined },
        { method: 'tools/list', params: { _meta: envelope } },
      ),
    ).toBeUndefined();
    expect(
      check(
        { ...right, 'mcp-method': 'toString', 'mcp-name': undefined },
        { method: 'toString', params: { _meta: envelope } },
      ),
    ).toBeUndefined();
    expect(
      check({ ...right, 'mcp-name': undefined }, { method: 'tools/call', params: { _meta: envelope } }),
      'dispatch says what is missing',
    ).toBeUndefined();
  });
});

function exchange(header: Record<string, string> | undefined, era: Exchange['era'] = 'modern'): Exchange {
  return {
    transport: 'http',
    era,
    principal: { id: 'a', scopes: [] },
    signal: new AbortController().signal,
    notify: () => {},
    ...(header && { header: (name) => header[name] }),
  };
}

describe('the parameter headers of a call', () => {
  const parameters: HeaderParameter[] = [
    { path: ['region'], header: 'Region', type: 'string' },
    { path: ['filter', 'size'], header: 'Size', type: 'integer' },
    { path: ['dry'], header: 'Dry', type: 'boolean' },
  ];
  const check = (args: unknown, headers: Record<string, string | undefined>) =>
    checkParameterHeaders(parameters, args, (name) => headers[name]);
  const args = { region: 'eu', filter: { size: 42 }, dry: false };
  const right = { 'mcp-param-region': 'eu', 'mcp-param-size': '42', 'mcp-param-dry': 'false' };

  test('repeat the arguments', () => {
    expect(check(args, right)).toBeUndefined();
    expect(check({ ...args, region: 'ü' }, { ...right, 'mcp-param-region': encode('ü') })).toBeUndefined();
    expect(check(args, { ...right, 'mcp-param-size': '42.0' }), 'numbers by value').toBeUndefined();
  });

  test('are not asked for arguments that are not there', () => {
    expect(check({}, {})).toBeUndefined();
    expect(check({ region: null, filter: 7 }, {})).toBeUndefined();
    expect(check(Object.create({ region: 'inherited' }), {})).toBeUndefined();
    expect(check(undefined, {})).toBeUndefined();
  });

  test.each<[string, Record<string, string | undefined>]>([
    ['missing', { 'mcp-param-region': undefined }],
    ['another', { 'mcp-param-region': 'us' }],
    ['in another case', { 'mcp-param-region': 'EU' }],
    ['another number', { 'mcp-param-size': '43' }],
    ['no number', { 'mcp-param-size': '0x2a' }],
    ['another boolean', { 'mcp-param-dry': 'FALSE' }],
    ['broken', { 'mcp-param-region': '=?base64?YQ?=' }],
  ])('are refused when one is %s', (_, headers) => {
    expect(check(args, { ...right, ...headers })).toMatchObject({ code: -32020 });
  });

  test('are checked by dispatch where the transport has headers, in 2026 only', async () => {
    const deploy = defineTool({
      name: 'deploy',
      input: z.object({ region: z.string() }),
      headers: { region: 'Region' },
      run: ({ region }) => region,
    });
    const app = testApp().add(deploy);
    const message = {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'deploy', arguments: { region: 'eu' }, _meta: envelope },
    };
    expect(await app.dispatch(message, exchange({ 'mcp-param-region': 'eu' }))).toMatchObject({
      result: { content: [{ text: 'eu' }] },
    });
    expect(await app.dispatch(message, exchange({ 'mcp-param-region': 'us' }))).toMatchObject({
      error: { code: -32020 },
    });
    expect(await app.dispatch(message, exchange({}))).toMatchObject({ error: { code: -32020 } });
    expect(await app.dispatch(message, exchange(undefined)), 'stdio').toMatchObject({ result: {} });
    expect(await app.dispatch(message, exchange({}, 'legacy')), '2025').toMatchObject({ result: {} });
    const mounted = testApp().mount('x', app);
    const renamed = { ...message, params: { ...message.params, name: 'x_deploy' } };
    expect(await mounted.dispatch(renamed, exchange({})), 'of a mounted app').toMatchObject({
      error: { code: -32020 },
    });
  });
});
