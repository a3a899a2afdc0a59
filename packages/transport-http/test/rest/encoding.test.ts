import { createApp, defineTool } from '@toolyard/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { chooseEncoding } from '../../src/rest/encoding.ts';
import { callTool, serveRest } from './rest-server.ts';

describe('the encoding', () => {
  test.each<[string | undefined, string | undefined]>([
    [undefined, undefined],
    ['', undefined],
    ['identity', undefined],
    ['gzip', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['br;q=0, gzip;q=0', undefined],
    ['*', 'br'],
    ['*;q=0', undefined],
    ['br;q=0, *', 'gzip'],
    ['identity, gzip;q=0.5', undefined],
    ['GZIP', 'gzip'],
    ['zstd', undefined],
    ['gzip;q=nonsense', undefined],
  ])('for %j is %j', (header, encoding) => {
    expect(chooseEncoding(header)).toBe(encoding);
  });
});

describe('answers', () => {
  const repeat = defineTool({
    name: 'repeat',
    input: z.object({ times: z.number() }),
    run: ({ times }) => ({ text: 'grüße '.repeat(times) }),
  });
  const serve = () => serveRest(createApp({ name: 'demo', version: '1.0.0' }).add(repeat));

  test.each(['br', 'gzip'])('of 1 KiB and more are compressed: %s', async (encoding) => {
    const { url } = await serve();
    const response = await callTool(url, 'repeat', { times: 1000 }, { 'accept-encoding': encoding });
    expect(response.headers.get('content-encoding')).toBe(encoding);
    expect(response.headers.get('vary')).toContain('Accept-Encoding');
    expect(Number(response.headers.get('content-length'))).toBeLessThan(500);
    expect(await response.json()).toEqual({ text: 'grüße '.repeat(1000) });
  });

  test('that are small, not asked for so, or streams are not', async () => {
    const { url } = await serve();
    const cases = [
      [{ times: 10 }, { 'accept-encoding': 'gzip' }],
      [{ times: 1000 }, { 'accept-encoding': 'identity' }],
      [{ times: 1000 }, { 'accept-encoding': 'gzip', accept: 'text/event-stream' }],
    ] as const;
    for (const [args, headers] of cases) {
      const response = await callTool(url, 'repeat', args, headers);
      expect(response.headers.get('content-encoding')).toBeNull();
      expect(await response.text()).toContain('grüße');
    }
  });
});
