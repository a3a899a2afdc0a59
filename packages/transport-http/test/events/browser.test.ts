import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { chromium } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';

import { createEventFeed } from '../../src/events.ts';
import { until } from '../helpers.ts';

const CHROMIUM = '/usr/bin/chromium';
const isSkipped = !existsSync(CHROMIUM) && process.env['CI'] !== 'true';
if (isSkipped) console.warn(`The test of EventSource is skipped: no ${CHROMIUM}.`);

test.skipIf(isSkipped)("a browser's EventSource comes back by itself and misses nothing", async () => {
  const feed = createEventFeed<{ sold: { item: string } }>();
  const handler = feed.handler({ retryMs: 50 });
  const server = createServer((request, response) => {
    void handler.node(request, response, () => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Shop</title>');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  onTestFinished(async () => {
    await browser.close();
    await feed.close();
    server.closeAllConnections();
    server.close();
  });

  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await page.evaluate(`
    globalThis.heard = [];
    const source = new EventSource('/events?types=sold');
    source.addEventListener('sold', ({ data }) => heard.push(JSON.parse(data).item));
    source.addEventListener('gap', () => heard.push('gap'));
  `);
  await until(() => feed.readerCount === 1);
  feed.publish('sold', { item: 'tea' });
  await page.waitForFunction('heard.length === 1');
  server.closeAllConnections();
  await until(() => feed.readerCount === 0);
  feed.publish('sold', { item: 'missed' });
  await until(() => feed.readerCount === 1);
  feed.publish('sold', { item: 'cake' });
  await page.waitForFunction('heard.length === 3');
  expect(await page.evaluate('heard')).toEqual(['tea', 'missed', 'cake']);
});
