import { createApp, definePrompt, defineResource, defineTool } from '@toolyard/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { demoApp } from './demo-app.ts';
import { callModern, json, MODERN, modern, post, raw, sendModern, serve } from './helpers.ts';

const base64 = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`;

/** How a contradiction is refused. */
const MISMATCH = [400, -32020];

async function outcomeOf(response: Response): Promise<unknown[]> {
  return [response.status, (await json(response)).error?.code];
}

describe('a header that says something else than the body is refused', () => {
  const cases: [string, string, Record<string, string>][] = [
    ['tools/call', 'MCP-Protocol-Version', { 'mcp-protocol-version': '2025-11-25' }],
    ['tools/call', 'MCP-Protocol-Version that nobody serves', { 'mcp-protocol-version': '2030-01-01' }],
    ['tools/call', 'Mcp-Method', { 'mcp-method': 'tools/list' }],
    ['tools/call', 'Mcp-Method in another case', { 'mcp-method': 'Tools/Call' }],
    ['tools/call', 'Mcp-Name', { 'mcp-name': 'fail' }],
    ['tools/call', 'Mcp-Name in another case', { 'mcp-name': 'Echo' }],
    ['tools/call', 'Mcp-Name in base64', { 'mcp-name': base64('fail') }],
    ['tools/call', 'Mcp-Name in broken base64', { 'mcp-name': '=?base64?ZWNo*8=?=' }],
    ['tools/call', 'Mcp-Name in base64 that is no UTF-8', { 'mcp-name': '=?base64?/w==?=' }],
    ['tools/call', 'Mcp-Name twice', { 'mcp-name': 'echo, echo' }],
    ['tools/call', 'Mcp-Method twice', { 'mcp-method': 'tools/call, tools/call' }],
    ['resources/read', 'Mcp-Name', { 'mcp-name': 'note://2' }],
    ['prompts/get', 'Mcp-Name', { 'mcp-name': 'other' }],
    ['tools/list', 'Mcp-Method', { 'mcp-method': 'tools/call' }],
  ];
  test.each(cases)('%s: %s', async (method, _what, headers) => {
    const { url } = await serve(demoApp());
    expect(await outcomeOf(await sendModern(url, method, paramsOf(method), headers))).toEqual(MISMATCH);
  });

  test.each([
    ['tools/call', 'mcp-protocol-version'],
    ['tools/call', 'mcp-method'],
    ['tools/call', 'mcp-name'],
    ['resources/read', 'mcp-name'],
    ['prompts/get', 'mcp-name'],
    ['tools/list', 'mcp-method'],
    ['server/discover', 'mcp-protocol-version'],
  ])('%s: %s is missing', async (method, header) => {
    const { url } = await serve(demoApp());
    const { body, headers } = modern(method, paramsOf(method));
    delete headers[header];
    expect(await outcomeOf(await post(url, body, headers))).toEqual(MISMATCH);
  });

  test('also when it comes twice in the request', async () => {
    const { port } = await serve(demoApp());
    const { body } = modern('tools/call', { name: 'echo', arguments: { text: 'hi' } });
    const text = JSON.stringify(body);
    const answer = await raw(
      port,
      `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nMCP-Protocol-Version: ${MODERN}\r\n` +
        `Mcp-Method: tools/call\r\nMcp-Name: echo\r\nMcp-Name: fail\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
    );
    expect(answer).toContain('400 Bad Request');
    expect(answer).toContain('-32020');
  });
});

describe('a header that says the same is accepted', () => {
  test.each([
    ['tools/call', 'echo'],
    ['tools/call', base64('echo')],
    ['resources/read', 'note://1'],
    ['resources/read', base64('note://1')],
    ['prompts/get', base64('greet')],
  ])('%s: %s', async (method, name) => {
    const { url } = await serve(demoApp());
    expect((await sendModern(url, method, paramsOf(method), { 'mcp-name': name })).status).toBe(200);
  });

  test('with names that headers cannot carry plainly', async () => {
    const uri = 'note://grüße/世界';
    const app = createApp({ name: 'demo', version: '1.0.0' }).add(
      defineResource({ uri, read: () => 'hallo' }),
      definePrompt({ name: 'p', run: () => 'x' }),
    );
    const { url } = await serve(app);
    expect((await sendModern(url, 'resources/read', { uri }, { 'mcp-name': base64(uri) })).status).toBe(200);
  });

  test('where the body repeats a key, the last one counts for both', async () => {
    const { url } = await serve(demoApp());
    const { body, headers } = modern('tools/call', { name: 'echo', arguments: { text: 'hi' } });
    const text = JSON.stringify(body).replace('"name":"echo"', '"name":"fail","name":"echo"');
    expect(await json(post(url, text, headers))).toMatchObject({ result: { content: [{ text: 'hi' }] } });
    expect(await outcomeOf(await post(url, text, { ...headers, 'mcp-name': 'fail' }))).toEqual(MISMATCH);
  });
});

describe('headers of tool parameters', () => {
  const query = defineTool({
    name: 'query',
    input: z.object({
      region: z.string(),
      limit: z.int().optional(),
      dryRun: z.boolean().optional(),
      filter: z.object({ tenant: z.string() }).optional(),
    }),
    headers: { region: 'Region', limit: 'Limit', dryRun: 'Dry-Run', 'filter.tenant': 'Tenant' },
    run: (args) => args,
  });
  const app = createApp({ name: 'demo', version: '1.0.0' }).add(query);
  const args = { region: 'eu-west', limit: 10, dryRun: true, filter: { tenant: 'acme' } };
  const headers = {
    'mcp-param-region': 'eu-west',
    'mcp-param-limit': '10',
    'mcp-param-dry-run': 'true',
    'mcp-param-tenant': 'acme',
  };

  test('are accepted when they repeat the arguments', async () => {
    const { url } = await serve(app);
    const encoded = { ...headers, 'mcp-param-region': base64('eu-west'), 'mcp-param-limit': '10.0' };
    for (const given of [headers, encoded])
      expect((await callModern(url, 'query', args, given)).status).toBe(200);
    expect(
      (await callModern(url, 'query', { region: 'eu-west' }, { 'mcp-param-region': 'eu-west' })).status,
    ).toBe(200);
  });

  test.each([
    ['mcp-param-region', 'us-east'],
    ['mcp-param-region', 'EU-WEST'],
    ['mcp-param-region', '=?base64?!!?='],
    ['mcp-param-limit', '11'],
    ['mcp-param-limit', '0xa'],
    ['mcp-param-dry-run', 'false'],
    ['mcp-param-dry-run', '1'],
    ['mcp-param-tenant', 'other'],
    ['mcp-param-tenant', ''],
  ])('are refused when %s is %j', async (name, value) => {
    const { url } = await serve(app);
    expect(await outcomeOf(await callModern(url, 'query', args, { ...headers, [name]: value }))).toEqual(
      MISMATCH,
    );
  });

  test.each(Object.keys(headers))('are refused when %s is missing', async (name) => {
    const { url } = await serve(app);
    expect(
      await outcomeOf(await callModern(url, 'query', args, { ...headers, [name]: undefined as never })),
    ).toEqual(MISMATCH);
  });

  test('are nothing that clients of 2025 have to send', async () => {
    const { url } = await serve(app, { legacy: 'stateless' });
    const message = {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'query', arguments: args },
    };
    expect(await json(post(url, message, { 'mcp-protocol-version': '2025-11-25' }))).toMatchObject({
      result: { structuredContent: args },
    });
  });
});

test('notifications may leave the headers out, but not contradict them', async () => {
  const { url } = await serve(demoApp());
  const { body } = modern('notifications/roots/list_changed');
  delete body['id'];
  expect((await post(url, body)).status).toBe(202);
  expect(await outcomeOf(await post(url, body, { 'mcp-protocol-version': '2027-01-01' }))).toEqual(MISMATCH);
  expect(await outcomeOf(await post(url, body, { 'mcp-method': 'notifications/initialized' }))).toEqual(
    MISMATCH,
  );
});

function paramsOf(method: string): Record<string, unknown> {
  switch (method) {
    case 'tools/call':
      return { name: 'echo', arguments: { text: 'hi' } };
    case 'resources/read':
      return { uri: 'note://1' };
    case 'prompts/get':
      return { name: 'greet' };
    default:
      return {};
  }
}
