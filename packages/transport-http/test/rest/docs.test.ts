import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createApp, defineTool } from '@toolyard/core';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';

import { createRestHandler } from '../../src/rest.ts';
import { PALE_TEXTS } from './pale-texts.ts';
import { restApp, serveRest } from './rest-server.ts';

const HOSTILE = `<script>document.title = 'owned'</script><img src=x onerror="document.title = 'owned'">"'&`;

const hostile = defineTool({
  name: 'hostile',
  title: HOSTILE,
  description: HOSTILE,
  input: z.object({ [HOSTILE]: z.string().default(HOSTILE).describe(HOSTILE) }),
  output: z.object({ a: z.literal(HOSTILE) }),
  errors: [{ code: HOSTILE, description: HOSTILE }],
  run: () => ({ a: HOSTILE }) as never,
});

describe('the page', () => {
  test('names the tools its reader may see, in HTML without script', async () => {
    const { url } = await serveRest(restApp());
    const response = await fetch(`${url}/docs`, { headers: { 'accept-encoding': 'br' } });
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-encoding')).toBe('br');
    const html = await response.text();
    expect(html).toContain('<section id="tool-add"');
    expect(html).toContain('POST</span> /tools/add');
    expect(html).not.toContain('tool-secret');
    expect(html).not.toMatch(/<script|(?:src|href)="(?:\w+:)?\/\/|\son\w+=/);
  });

  test('lets nothing run or load but its own style', async () => {
    const { url } = await serveRest(restApp());
    const policy = (await fetch(`${url}/docs`)).headers.get('content-security-policy');
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
  });

  test('escapes whatever tools say', async () => {
    const { url } = await serveRest(
      createApp({ name: 'demo', version: '1.0.0', description: HOSTILE }).add(hostile),
    );
    const html = await (await fetch(`${url}/docs`)).text();
    expect(html).not.toMatch(/<script|<img/);
    expect(html).toContain('&lt;script&gt;');
  });

  test('is one also without tools', async () => {
    const { url } = await serveRest(createApp({ name: 'empty', version: '1.0.0' }));
    expect(await (await fetch(`${url}/docs`)).text()).toContain('0 tools for you');
  });

  test('quotes its examples so that a shell takes them as they are', async () => {
    const say = defineTool({
      name: 'say',
      input: z.object({ text: z.string().default("it's") }),
      run: () => 1,
    });
    const { url } = await serveRest(createApp({ name: 'demo', version: '1.0.0' }).add(say));
    const html = await (await fetch(`${url}/docs`)).text();
    expect(html).toContain(String.raw`-d &#39;{&quot;text&quot;:&quot;it&#39;\&#39;&#39;s&quot;}&#39;`);
  });
});

const CHROMIUM = '/usr/bin/chromium';
const isThere = existsSync(CHROMIUM);
if (!isThere && process.env['CI'] !== 'true') console.warn(`Tests of the page are skipped: no ${CHROMIUM}.`);

describe.skipIf(!isThere && process.env['CI'] !== 'true')('in a browser, the page', () => {
  let browser: Browser;
  let server: Server;
  beforeAll(async () => {
    const app = restApp({ description: 'A shop that adds numbers and greets.' }).add(hostile);
    const handler = createRestHandler(app);
    server = createServer((request, response) => void handler.node(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    server.closeAllConnections();
    server.close();
  });

  async function open(
    options: { colorScheme?: 'light' | 'dark'; width?: number } = {},
  ): Promise<{ page: Page; problems: string[] }> {
    const { colorScheme = 'light', width = 1200 } = options;
    const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
    onTestFinished(() => page.close());
    const problems: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => {
      if (!/\/(?:docs|favicon\.ico)$/.test(request.url())) problems.push(request.url());
    });
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/docs`);
    return { page, problems };
  }

  test('is styled by its own style, runs nothing and loads nothing else', async () => {
    const { page, problems } = await open();
    expect(await page.title()).toBe('shop 1.2.3: tools over REST');
    expect(await page.evaluate(`getComputedStyle(document.querySelector('.page')).display`)).toBe('grid');
    expect(problems.filter((problem) => !problem.includes('favicon'))).toEqual([]);
    const directory = process.env['TOOLYARD_SCREENSHOTS'];
    if (directory) await page.screenshot({ path: `${directory}/docs-page.png`, fullPage: true });
  });

  test('has landmarks, one heading of the first rank, and a name for each region', async () => {
    const { page } = await open();
    expect(await page.getByRole('navigation', { name: 'Tools' }).count()).toBe(1);
    expect(await page.getByRole('main').count()).toBe(1);
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
    expect(await page.getByRole('region', { name: 'Arguments of add' }).count()).toBe(1);
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    const row = page.getByRole('region', { name: 'Arguments of add' }).getByRole('row', { name: /^a/ });
    expect(await row.innerText()).toMatch(/a required\s+number\s+The first/);
  });

  test('is walked with the keyboard: first to the tools, then along them', async () => {
    const { page } = await open();
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').innerText()).toBe('Skip to the tools');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
    await page.getByRole('link', { name: 'Add two numbers' }).focus();
    await page.keyboard.press('Enter');
    expect(new URL(page.url()).hash).toBe('#tool-add');
    await page.getByText('JSON Schema of add').focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('#tool-add details').getAttribute('open')).not.toBeNull();
  });

  test.each(['light', 'dark'] as const)('is read with ease: %s', async (colorScheme) => {
    const { page } = await open({ colorScheme });
    expect(await page.evaluate(PALE_TEXTS)).toEqual([]);
    const directory = process.env['TOOLYARD_SCREENSHOTS'];
    if (directory) await page.screenshot({ path: `${directory}/docs-${colorScheme}.png` });
  });

  test('fits a phone without scrolling sideways', async () => {
    const { page } = await open({ width: 360 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    const directory = process.env['TOOLYARD_SCREENSHOTS'];
    if (directory) await page.screenshot({ path: `${directory}/docs-phone.png` });
  });
});
