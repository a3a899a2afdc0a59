import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { createApp, defineResource, defineTool } from '@toolyard/core';
import { build } from 'esbuild';
import { chromium, type Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';

import { createHttpHandler } from '../../../src/index.ts';

const CHROMIUM = '/usr/bin/chromium';
const isSkipped = !existsSync(CHROMIUM) && process.env['CI'] !== 'true';
if (isSkipped) console.warn(`The test of the React hooks is skipped: no ${CHROMIUM}.`);

test.skipIf(isSkipped)('the hooks show loading, results, failures, changes and an outage', async () => {
  const { page, app, setDown, write } = await openPage();
  await shows(page, {
    state: 'online',
    server: 'shop (modern)',
    offline: 'false',
    note: 'first',
    reading: 'ready',
  });

  await page.click('#add');
  await shows(page, { call: 'done', sum: '42', failed: '' });
  await page.click('#slow');
  // What was there stays while the next is loading.
  await shows(page, { call: 'loading', sum: '42' });
  await shows(page, { call: 'done', sum: '2' });
  await page.click('#fail');
  await shows(page, { call: 'done', failed: 'by the tool' });

  write('second');
  app.resourceUpdated('note://1');
  await shows(page, { note: 'second', reading: 'ready' });

  setDown(true);
  await shows(page, { state: 'offline', offline: 'true', note: 'second' });
  await page.click('#fast');
  await shows(page, { call: 'failed' });
  await page.click('#add');
  await shows(page, { call: 'loading' });
  write('third');
  setDown(false);
  await shows(page, { state: 'online', call: 'done', sum: '42', note: 'third', stale: 'false' });
  expect(await page.textContent('#seen')).toMatch(/online.*offline.*online/);
});

/** A page with the components of `page.ts`, served next to an app. */
async function openPage() {
  let down = false;
  let note = 'first';
  const app = createApp({ name: 'shop', version: '1.0.0', cache: { ttlMs: 60_000 } }).add(
    defineTool({
      name: 'add',
      annotations: { readOnlyHint: true },
      input: z.object({ a: z.number(), b: z.number(), waitMs: z.number().default(0) }),
      output: z.object({ sum: z.number() }),
      async run({ a, b, waitMs }, { signal }) {
        await wait(waitMs, undefined, { signal });
        return { sum: a + b };
      },
    }),
    defineResource({ uri: 'note://1', read: () => note }),
  );
  const entry = fileURLToPath(new URL('page.ts', import.meta.url));
  const bundled = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@toolyard/source', 'browser'],
    define: { 'process.env.NODE_ENV': '"development"' },
  });
  const script = bundled.outputFiles[0]?.text ?? '';
  const handler = createHttpHandler(app, { keepAliveMs: 100 });
  const server = createServer((request, response) => {
    if (request.url === '/') {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<!doctype html><title>Shop</title><script type="module" src="/page.js"></script>');
    } else if (request.url === '/page.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    } else if (down) request.socket.destroy();
    else void handler.node(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  onTestFinished(async () => {
    await browser.close();
    await handler.close({ deadlineMs: 0 });
    server.closeAllConnections();
    server.close();
  });
  const page = await browser.newPage();
  const failures: string[] = [];
  page.on('pageerror', (error) => failures.push(String(error)));
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  onTestFinished(() => expect(failures).toEqual([]));
  return {
    page,
    app,
    setDown: (isDown: boolean) => {
      down = isDown;
      if (isDown) server.closeAllConnections();
    },
    write: (text: string) => void (note = text),
  };
}

const READ = '(ids) => Object.fromEntries(ids.map((id) => [id, document.getElementById(id)?.textContent]))';

/** Waits until the page shows these values, by id. */
async function shows(page: Page, values: Record<string, string>): Promise<void> {
  await expect
    .poll(() => page.evaluate(`(${READ})(${JSON.stringify(Object.keys(values))})`), {
      timeout: 8000,
      interval: 10,
    })
    .toEqual(values);
}
