import { getRequestListener } from '@hono/node-server';
import { createMcpHandler, Server } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';

import { answerWith, checkOf, complaints, examine } from './reports.ts';

test('a server of the official SDK lacks guards and sessions, and nothing else', async () => {
  const handler = createMcpHandler(
    () =>
      new Server({ name: 'official', version: '1.0.0' }, { capabilities: { tools: { listChanged: true } } }),
    { keepAliveMs: 50 },
  );
  const url = await answerWith(getRequestListener((request) => handler.fetch(request)));
  const report = await examine(url, { idleMs: 900, keepAliveMs: 400 });
  await handler.close();
  expect(complaints(report)).toEqual(['host fail', 'origin fail', 'preflight warn']);
  expect(checkOf(report, 'modern').facts).toMatchObject({ supportedVersions: ['2026-07-28'] });
  expect(checkOf(report, 'legacy').facts).toMatchObject({ hasSession: false });
  expect(checkOf(report, 'streaming').status).toBe('ok');
});
