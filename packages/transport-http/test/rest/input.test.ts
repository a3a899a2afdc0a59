import { createApp, defineTool, type Principal } from '@toolyard/core';
import { expect, test } from 'vitest';
import { z } from 'zod';

import { callTool, read, serveRest } from './rest-server.ts';

const erase = defineTool({
  name: 'erase',
  input: z.object({ disk: z.string() }),
  async run({ disk }, call) {
    const answer = await call.requireInput('confirm', {
      message: `Erase ${disk}?`,
      schema: z.object({ sure: z.boolean() }),
    });
    return { erased: answer.action === 'accept' && answer.content.sure ? disk : null };
  },
});

const principals: Record<string, Principal> = {
  ada: { id: 'ada', scopes: [] },
  bob: { id: 'bob', scopes: [] },
};

async function serveErase(path = '') {
  const app = createApp({ name: 'disks', version: '1.0.0' }).add(erase);
  const { url } = await serveRest(app, {
    path,
    auth: (request) => principals[request.header('x-user') ?? 'ada']!,
  });
  return url;
}

const accepted = { confirm: { action: 'accept', content: { sure: true } } };

async function proceed(url: string, asked: any, body: object, headers: Record<string, string> = {}) {
  return read(
    fetch(url + asked.continueAt, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ requestState: asked.requestState, ...body }),
    }),
  );
}

test('a tool that asks is answered with 409, its questions and where the answers go', async () => {
  const url = await serveErase('/api');
  const [status, asked] = await read(callTool(`${url}/api`, 'erase', { disk: 'sda' }));
  expect(status).toBe(409);
  expect(asked).toMatchObject({
    code: 'INPUT_REQUIRED',
    continueAt: '/api/tools/erase:continue',
    inputRequests: { confirm: { method: 'elicitation/create', params: { message: 'Erase sda?' } } },
    requestState: expect.any(String),
  });
  const body = { arguments: { disk: 'sda' }, inputResponses: accepted };
  expect(await proceed(url, asked, body)).toEqual([200, { erased: 'sda' }]);
});

test('the answers hold for the same arguments and the same caller alone', async () => {
  const url = await serveErase();
  const [, asked] = await read(callTool(url, 'erase', { disk: 'sda' }));
  const other = { arguments: { disk: 'sdb' }, inputResponses: accepted };
  expect(await proceed(url, asked, other)).toMatchObject([400, { code: 'INVALID_PARAMS' }]);
  const same = { arguments: { disk: 'sda' }, inputResponses: accepted };
  expect(await proceed(url, asked, same, { 'x-user': 'bob' })).toMatchObject([
    400,
    { code: 'INVALID_PARAMS' },
  ]);
});

test.each([
  ['a list', []],
  ['answers that are a list', { inputResponses: [] }],
  ['a state that is none', { requestState: 7 }],
  ['arguments that are text', { arguments: 'x' }],
])('what goes to :continue has to be in order: %s', async (_what, body) => {
  const url = await serveErase();
  const response = callTool(url, 'erase:continue', body);
  expect(await read(response)).toMatchObject([400, { code: 'INVALID_REQUEST' }]);
});
