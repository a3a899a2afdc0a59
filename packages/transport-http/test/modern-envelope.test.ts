import { describe, expect, test } from 'vitest';

import { demoApp } from './demo-app.ts';
import { callModern, ENVELOPE, json, MODERN, modern, post, sendModern, serve } from './helpers.ts';

const VERSION = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const INFO = 'io.modelcontextprotocol/clientInfo';
const LEVEL = 'io.modelcontextprotocol/logLevel';

describe('the envelope of a 2026 request', () => {
  test.each<[string, unknown]>([
    ['no params', undefined],
    ['no _meta', {}],
    ['_meta that is no object', { _meta: 'all' }],
    ['_meta as a list', { _meta: [] }],
    ['no version', { _meta: { [CAPABILITIES]: {} } }],
    ['no capabilities', { _meta: { [VERSION]: MODERN } }],
    ['a version that is no string', { _meta: { ...ENVELOPE, [VERSION]: 20260728 } }],
    ['capabilities that are no object', { _meta: { ...ENVELOPE, [CAPABILITIES]: true } }],
    ['a capability that is no object', { _meta: { ...ENVELOPE, [CAPABILITIES]: { sampling: true } } }],
    ['a client without a name', { _meta: { ...ENVELOPE, [INFO]: { version: '1' } } }],
    ['a log level nobody knows', { _meta: { ...ENVELOPE, [LEVEL]: 'loud' } }],
    ['a progress token that is an object', { _meta: { ...ENVELOPE, progressToken: {} } }],
  ])('is refused with %s', async (_what, params) => {
    const { url } = await serve(demoApp());
    const response = await post(
      url,
      { jsonrpc: '2.0', id: 'x', method: 'tools/list', params },
      modern('tools/list').headers,
    );
    expect(response.status).toBe(400);
    expect(await json(response)).toMatchObject({
      id: 'x',
      error: { code: -32602, message: expect.stringContaining('_meta') },
    });
  });

  test('does not need the client to name itself', async () => {
    const { url } = await serve(demoApp());
    const response = await sendModern(url, 'tools/list', { _meta: { [INFO]: undefined } });
    expect(response.status).toBe(200);
  });

  test('that names a revision nobody serves gets the ones that are', async () => {
    const { url } = await serve(demoApp());
    const unknown = '2027-01-01';
    const response = await sendModern(
      url,
      'tools/list',
      { _meta: { [VERSION]: unknown } },
      { 'mcp-protocol-version': unknown },
    );
    expect(response.status).toBe(400);
    expect(await json(response)).toMatchObject({
      id: 1,
      error: { code: -32022, data: { supported: [MODERN], requested: unknown } },
    });
  });

  test('that names a revision with sessions is refused the same way', async () => {
    const { url } = await serve(demoApp());
    const old = '2025-11-25';
    const response = await sendModern(
      url,
      'tools/list',
      { _meta: { [VERSION]: old } },
      { 'mcp-protocol-version': old },
    );
    expect(response.status).toBe(400);
    expect(await json(response)).toMatchObject({ error: { code: -32022 } });
  });
});

describe('what cannot be served', () => {
  test.each([
    'tools/invent',
    'initialize',
    'ping',
    'logging/setLevel',
    'resources/subscribe',
    '__proto__',
    'constructor',
    '',
  ])('the method %j gets 404', async (method) => {
    const { url } = await serve(demoApp());
    const response = await sendModern(url, method);
    expect(response.status).toBe(404);
    expect(await json(response)).toMatchObject({ id: 1, error: { code: -32601 } });
  });

  test.each(['nothing', '__proto__', 'constructor'])('the tool %j gets an error inside 200', async (name) => {
    const { url } = await serve(demoApp());
    const response = await callModern(url, name);
    expect(response.status).toBe(200);
    expect(await json(response)).toMatchObject({ id: 1, error: { code: -32602 } });
  });

  test('arguments that do not fit get a result that names the field', async () => {
    const { url } = await serve(demoApp());
    const { result } = await json(callModern(url, 'echo', { text: 7 }));
    expect(result.isError).toBe(true);
    expect(result.content[0].text).toContain('text');
  });
});

test('no session comes of a 2026 request, whatever headers it has', async () => {
  const { url, handler } = await serve(demoApp());
  const response = await callModern(
    url,
    'echo',
    { text: 'hi' },
    { 'mcp-session-id': 'mine', 'last-event-id': '1-1' },
  );
  expect(response.status).toBe(200);
  expect(response.headers.get('mcp-session-id')).toBeNull();
  expect(handler.sessionCount).toBe(0);
});
