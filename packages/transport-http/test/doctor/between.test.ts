import { createBrotliCompress, createDeflate, constants } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { formatReport } from '../../src/doctor.ts';
import { demoApp } from '../demo-app.ts';
import { serve } from '../helpers.ts';
import { freePort } from './nginx.ts';
import { answerWith, checkOf, complaints, examine, pipeTo, remediesOf } from './reports.ts';

describe('the plain-http address', () => {
  test.for([
    [301, 'warn'],
    [302, 'warn'],
    [307, 'ok'],
    [308, 'ok'],
    [404, 'ok'],
  ] as const)('that answers %d is %s', async ([status, verdict]) => {
    const plain = await answerWith((_request, response) => {
      response.writeHead(status, { location: 'https://tools.example/mcp' }).end();
    });
    expect(await redirectsOf(plain)).toMatchObject({ status: verdict, facts: { status } });
  });

  test('that serves MCP in the clear is a warning', async () => {
    const check = await redirectsOf((await serve(demoApp())).url);
    expect(check.status).toBe('warn');
    expect(check.summary).toContain('in the clear');
  });

  test('that is not served is fine', async () => {
    expect((await redirectsOf(`http://127.0.0.1:${await freePort()}/mcp`)).status).toBe('ok');
  });
});

describe('a proxy', () => {
  test.for([
    ['br', () => createBrotliCompress({ flush: constants.BROTLI_OPERATION_FLUSH })],
    ['deflate', () => createDeflate({ flush: constants.Z_SYNC_FLUSH })],
  ] as const)(
    'that compresses streams with %s is found, and what it sends is read',
    async ([coding, create]) => {
      const url = await answerWith((request, response) => {
        const encoder = create();
        response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': coding });
        encoder.pipe(response);
        encoder.write(': hello\n\n');
        if (request.headers['mcp-method'] !== 'subscriptions/listen') encoder.end();
      });
      const { url: server } = await serve(demoApp());
      const front = await answerWith((request, response) =>
        pipeTo(request.headers['mcp-method'] === 'subscriptions/listen' ? url : server, request, response),
      );
      const report = await examine(front);
      expect(checkOf(report, 'stream-headers')).toMatchObject({ status: 'warn' });
      expect(checkOf(report, 'stream-headers').summary).toContain(`it is compressed (${coding})`);
      expect(checkOf(report, 'streaming')).toMatchObject({ status: 'ok', facts: { modern: { bytes: 9 } } });
    },
  );

  test('that is Cloudflare comes first in the advice', async () => {
    const url = await answerWith((_request, response) => {
      response.writeHead(403, { server: 'cloudflare', 'cf-ray': '0' }).end('<h1>Just a moment</h1>');
    });
    const report = await examine(url);
    expect(report.proxy).toBe('Cloudflare');
    expect(checkOf(report, 'endpoint').remedies[0]).toMatchObject({ where: 'Cloudflare' });
    expect(remediesOf(checkOf(report, 'endpoint'))).toContain('Bot Fight Mode');
  });

  test('that is known leaves those that are not there out of the text', async () => {
    const nginx = formatReport(await examine(await failAs('nginx/1.22.1')));
    expect(nginx).toContain('nginx:');
    expect(nginx).not.toMatch(/Traefik:|Cloudflare:/);
    const unknown = formatReport(await examine(await failAs('Apache')));
    expect(unknown).toMatch(/nginx:[^]*Traefik:[^]*Cloudflare:/);
  });

  test('that resets large requests is found', async () => {
    const { url: server } = await serve(demoApp());
    const url = await answerWith((request, response) => {
      if (Number(request.headers['content-length']) > 100_000) return void request.socket.resetAndDestroy();
      pipeTo(server, request, response);
    });
    const report = await examine(url);
    expect(complaints(report)).toEqual(['body fail']);
    expect(checkOf(report, 'body').facts).toMatchObject({ bytes: 1_048_576 });
  });

  test('that drops connections now and then is found by the session that is asked for over ten of them', async () => {
    const { url: server } = await serve(demoApp());
    let pings = 0;
    const url = await answerWith((request, response) => {
      const isPing = request.method === 'POST' && request.headers['mcp-session-id'] !== undefined;
      if (isPing && (pings += 1) % 4 === 0) return void request.socket.resetAndDestroy();
      pipeTo(server, request, response);
    });
    const check = checkOf(await examine(url), 'sessions');
    expect(check).toMatchObject({ status: 'fail' });
    expect(check.summary).toMatch(/of 10 new connections; the others got ECONNRESET/);
  });
});

test('a server that speaks JSON-RPC, but no MCP, is found once', async () => {
  const url = await answerWith((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      const error = { code: -32_601, message: 'Method not found' };
      response.writeHead(request.headers.origin || request.headers.host === 'doctor.invalid' ? 403 : 200);
      response.end(JSON.stringify({ jsonrpc: '2.0', id: text ? JSON.parse(text).id : null, error }));
    });
  });
  const report = await examine(url);
  expect(complaints(report)).toEqual(['modern warn', 'legacy fail']);
  expect(checkOf(report, 'streaming').summary).toContain('no era');
});

async function redirectsOf(plainUrl: string) {
  return checkOf(await examine((await serve(demoApp())).url, { plainUrl }), 'redirects');
}

function failAs(server: string): Promise<string> {
  return answerWith((_request, response) => void response.writeHead(502, { server }).end());
}
