import { readFile } from 'node:fs/promises';

import { describe, expect, test } from 'vitest';

import { apiKeys, hashApiKey } from '../../src/auth.ts';
import { challenge, type ServeOptions } from '../../src/index.ts';
import { demoApp } from '../demo-app.ts';
import { serve } from '../helpers.ts';
import { hasOpenssl, selfSigned } from './certificates.ts';
import { freePort, hasNginx, startNginx } from './nginx.ts';
import { checkOf, complaints, examine, remediesOf } from './reports.ts';

/** A server behind an nginx whose one server block has these directives; `UPSTREAM` stands for the server's address. */
async function behind(directives: string, options: ServeOptions = {}, outside = ''): Promise<string> {
  const { port } = await serve(demoApp(), options);
  const own = await freePort();
  const filled = (text: string) => text.replaceAll('UPSTREAM', `127.0.0.1:${port}`);
  await startNginx(`${filled(outside)}\nserver { listen 127.0.0.1:${own};\n${filled(directives)}\n}`, [own]);
  return `http://127.0.0.1:${own}/mcp`;
}

// With HTTP/1.1 nginx passes each chunk on even where it buffers (measured with 1.22); its default is HTTP/1.0.
const PASS_1_0 = 'proxy_pass http://UPSTREAM; proxy_set_header Host $host;';
const PASS = `${PASS_1_0} proxy_http_version 1.1;`;

describe.skipIf(!hasNginx)('behind nginx', () => {
  test.skipIf(!hasOpenssl)('the documented configuration is found to be good, over TLS', async () => {
    const { cert, certPath, keyPath } = await selfSigned();
    const [http, https] = [await freePort(), await freePort()];
    const url = `https://localhost:${https}/mcp`;
    const { port } = await serve(demoApp(), {
      publicUrl: url,
      allowedOrigins: ['https://app.example'],
      keepAliveMs: 100,
    });
    const documented = await readFile(
      new URL('../../../../docs/proxies/nginx.conf', import.meta.url),
      'utf8',
    );
    const configuration = documented
      .replaceAll('127.0.0.1:9001', `127.0.0.1:${port}`)
      .replaceAll('listen 80', `listen 127.0.0.1:${http}`)
      .replaceAll('listen 443', `listen 127.0.0.1:${https}`)
      .replaceAll('/etc/ssl/tools.example/fullchain.pem', certPath)
      .replaceAll('/etc/ssl/tools.example/privkey.pem', keyPath)
      .replaceAll('tools.example', 'localhost');
    await startNginx(configuration, [http, https]);
    const report = await examine(url, {
      ca: cert,
      plainUrl: `http://localhost:${http}/mcp`,
      origin: 'https://app.example',
      idleMs: 500,
    });
    expect(complaints(report)).toEqual([]);
    expect(report).toMatchObject({ ok: true, proxy: 'nginx' });
    expect(checkOf(report, 'redirects').facts).toMatchObject({ status: 308 });
    expect(report.checks.filter(({ status }) => status === 'skipped').map(({ name }) => name)).toEqual([
      'credentials',
    ]);
  });

  test('the defaults of nginx are good enough, because the server asks for no buffering', async () => {
    const report = await examine(await behind('location / { proxy_pass http://UPSTREAM; }'));
    // Its default Host is the address of the server, whatever the client sent; its default body limit is 1 MiB.
    expect(complaints(report)).toEqual(['host fail', 'body fail']);
    expect(checkOf(report, 'streaming').status).toBe('ok');
    expect(checkOf(report, 'keep-alive').status).toBe('ok');
  });

  test('a Connection header made for WebSocket does no harm', async () => {
    const upgrade = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";';
    const report = await examine(await behind(`client_max_body_size 5m; location / { ${PASS} ${upgrade} }`));
    expect(complaints(report)).toEqual([]);
  });

  test('buffering is found by the first event that does not come', async () => {
    const buffered = 'proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;';
    const report = await examine(
      await behind(`location / { ${PASS_1_0} client_max_body_size 5m; ${buffered} }`),
    );
    expect(complaints(report)).toEqual(['streaming fail']);
    const check = checkOf(report, 'streaming');
    expect(check.remedies[0]).toMatchObject({ where: 'nginx' });
    expect(remediesOf(check)).toContain('nginx: proxy_buffering off');
    const chunked = await behind(`location / { ${PASS} client_max_body_size 5m; ${buffered} }`);
    expect(complaints(await examine(chunked))).toEqual([]);
  });

  test('a compressed stream is found', async () => {
    const gzip = 'gzip on; gzip_types text/event-stream; gzip_min_length 0; gzip_proxied any;';
    const report = await examine(await behind(`location / { ${PASS} client_max_body_size 5m; ${gzip} }`));
    expect(complaints(report)).toContain('stream-headers warn');
    expect(checkOf(report, 'stream-headers').summary).toContain('it is compressed (gzip)');
  });

  test('a small body limit is told from one of the server', async () => {
    const url = await behind(`location / { ${PASS} client_max_body_size 10k; }`);
    const report = await examine(url);
    expect(complaints(report)).toEqual(['body fail']);
    const check = checkOf(report, 'body');
    expect(remediesOf(check)).toContain('nginx: client_max_body_size');
    expect(check.facts).not.toMatchObject({ answeredBy: 'server' });
    const own = checkOf(await examine((await serve(demoApp(), { maxBodyBytes: 1000 })).url), 'body');
    expect(own).toMatchObject({ status: 'fail', facts: { status: 413, answeredBy: 'server' } });
  });

  test('a short read timeout is found when the stream is watched for longer', async () => {
    const url = await behind(`location / { ${PASS} client_max_body_size 5m; proxy_read_timeout 1s; }`);
    const report = await examine(url, { idleMs: 2500 });
    expect(complaints(report)).toEqual(['idle fail']);
    const check = checkOf(report, 'idle');
    expect(check.summary).toMatch(/was cut after [12]\.\d s/);
    expect(remediesOf(check)).toContain('nginx: proxy_read_timeout');
  });

  test('a Host header that is replaced by the name of the upstream is found', async () => {
    const url = await behind(
      'location / { proxy_pass http://backend; }',
      { publicUrl: 'https://tools.example/mcp' },
      'upstream backend { server UPSTREAM; }',
    );
    const report = await examine(url);
    expect(complaints(report)).toEqual(['endpoint fail']);
    expect(checkOf(report, 'endpoint').summary).toContain('Host "backend" is not served here');
    expect(remediesOf(checkOf(report, 'endpoint'))).toContain('nginx: proxy_set_header Host $host');
    expect(checkOf(report, 'streaming')).toMatchObject({ status: 'skipped' });
  });

  test('a stripped path prefix is found', async () => {
    const url = await behind(
      'location = /mcp { proxy_pass http://UPSTREAM/; } location /tools/ { proxy_pass http://UPSTREAM/; }',
    );
    const check = checkOf(await examine(url), 'endpoint');
    expect(check.summary).toContain('MCP is at /mcp.');
    expect(remediesOf(check)).toContain('replaces the prefix');
  });

  test('a URL without the path is led to the one that has it', async () => {
    const url = await behind(`location / { ${PASS} }`);
    const check = checkOf(await examine(url.replace('/mcp', '/')), 'endpoint');
    expect(check).toMatchObject({ status: 'fail', facts: { status: 404, found: url } });
  });

  test('a server that is down behind it is found', async () => {
    const port = await freePort();
    const url = await behind(`location / { proxy_pass http://127.0.0.1:${port}; }`);
    const check = checkOf(await examine(url), 'endpoint');
    expect(check).toMatchObject({ status: 'fail', facts: { status: 502 } });
    expect(remediesOf(check)).toContain('nginx: proxy_pass must name the port');
  });

  test('sessions that are lost between two nodes are found', async () => {
    const other = await serve(demoApp());
    const url = await behind(
      'client_max_body_size 5m; location / { proxy_pass http://nodes; proxy_set_header Host $host; }',
      {},
      `upstream nodes { server UPSTREAM; server 127.0.0.1:${other.port}; }`,
    );
    const check = checkOf(await examine(url), 'sessions');
    expect(check.status).toBe('fail');
    expect(check.summary).toMatch(/found over [1-9] of 10 new connections; the others got 404/);
    expect(remediesOf(check)).toContain('server: Let all nodes share sessions');
  });

  test('a redirect that loses the body is found', async () => {
    const report = await examine(await behind('return 301 https://tools.example$request_uri;'));
    const check = checkOf(report, 'endpoint');
    expect(check.facts).toMatchObject({ status: 301, location: 'https://tools.example/mcp' });
    expect(remediesOf(check)).toContain('client: Use the URL it redirects to');
  });

  test.for([
    ['keep-alive warn', 'keepalive_timeout 0;', ''],
    ['origin fail', '', 'proxy_set_header Origin "";'],
    ['modern fail', '', 'proxy_set_header Mcp-Method "";'],
    ['legacy fail', '', 'proxy_hide_header Mcp-Session-Id;'],
    ['sessions fail', '', 'proxy_set_header Mcp-Session-Id "";'],
    ['preflight warn', '', 'if ($request_method = OPTIONS) { return 405; }'],
  ] as const)('what makes "%s" is found: %s%s', async ([complaint, block, location]) => {
    const url = await behind(`client_max_body_size 5m; ${block} location / { ${PASS} ${location} }`);
    expect(complaints(await examine(url))).toContain(complaint);
  });

  test('metadata that the proxy does not pass on is found', async () => {
    const own = await freePort();
    const resourceMetadata = `http://127.0.0.1:${own}/.well-known/oauth-protected-resource/mcp`;
    const { port } = await serve(demoApp(), { auth: () => challenge({ resourceMetadata }) });
    await startNginx(
      `server { listen 127.0.0.1:${own}; location = /mcp { proxy_pass http://127.0.0.1:${port}; } }`,
      [own],
    );
    const check = checkOf(await examine(`http://127.0.0.1:${own}/mcp`), 'auth');
    expect(check).toMatchObject({ status: 'fail' });
    expect(check.summary).toContain('answers 404');
    expect(remediesOf(check)).toContain('nginx: location /.well-known/oauth-protected-resource');
  });

  test('credentials that the proxy takes away are found', async () => {
    const auth = apiKeys([
      { digest: await hashApiKey('a-key-that-is-long-enough'), principal: { id: 'ci', scopes: [] } },
    ]);
    const url = await behind(`location / { ${PASS} proxy_set_header Authorization ""; }`, { auth });
    const report = await examine(url, { headers: { authorization: 'Bearer a-key-that-is-long-enough' } });
    expect(complaints(report)).toContain('auth fail');
    expect(remediesOf(checkOf(report, 'auth'))).toContain('proxy_set_header Authorization');
    expect(JSON.stringify(report)).not.toContain('a-key-that-is-long-enough');
  });
});
