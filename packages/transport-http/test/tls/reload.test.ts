import { copyFile, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';

import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, onTestFinished, test } from 'vitest';

import { demoApp, heldTool } from '../demo-app.ts';
import { hasOpenssl, selfSigned, type Certificate } from '../doctor/certificates.ts';
import { temporaryDirectory } from '../doctor/nginx.ts';
import { json, modern, until } from '../helpers.ts';
import { readEvents } from '../sse-reader.ts';
import { signedBy } from './certificates.ts';
import { call, recordedLog, serveTls } from './helpers.ts';
import { httpsFetch, type HttpsFetch } from './https-fetch.ts';

/** The certificate that a new connection gets, as its fingerprint. */
function shown(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: 'localhost', rejectUnauthorized: false });
    onTestFinished(() => void socket.destroy());
    socket.once('error', reject).once('secureConnect', () => {
      resolve(socket.getPeerX509Certificate()!.fingerprint256);
      socket.destroy();
    });
  });
}

async function pairs(count: number): Promise<Certificate[]> {
  return Promise.all(Array.from({ length: count }, () => selfSigned()));
}

describe.skipIf(!hasOpenssl)('another certificate', () => {
  test('is served without one failed request, on connections that stay and on new ones', async () => {
    const authority = await selfSigned();
    const [first, second] = await Promise.all([signedBy(authority), signedBy(authority)]);
    const { url, port, reload } = await serveTls(demoApp(), first);
    const outcomes = { answered: 0, failed: [] as unknown[] };
    const load = { isOver: false };
    const work = async (request: HttpsFetch) => {
      while (!load.isOver) {
        try {
          const { result } = await json(call(request, url, 'echo', { text: 'hi' }));
          if (result.content[0].text === 'hi') outcomes.answered += 1;
          else outcomes.failed.push(result);
        } catch (error) {
          outcomes.failed.push(error);
        }
      }
    };
    const staying = Array.from({ length: 4 }, () => work(httpsFetch({ ca: authority.cert })));
    const coming = Array.from({ length: 4 }, () =>
      work(httpsFetch({ ca: authority.cert, keepAlive: false })),
    );
    const seen = new Set([await shown(port)]);
    for (let round = 0; round < 20; round += 1) {
      await reload(round % 2 === 0 ? second : first);
      seen.add(await shown(port));
      const before = outcomes.answered;
      await until(() => outcomes.answered > before + 10 || outcomes.failed.length > 0);
    }
    load.isOver = true;
    await Promise.all([...staying, ...coming]);
    expect(outcomes.failed).toEqual([]);
    expect(outcomes.answered).toBeGreaterThan(200);
    expect(seen.size).toBe(2);
  });

  test('leaves calls and streams that are open alone', async () => {
    const [first, second] = (await pairs(2)) as [Certificate, Certificate];
    const { tool, state } = heldTool({ steps: 1 });
    const { url, port, reload } = await serveTls(demoApp().add(tool), first);
    const { body, headers } = modern('tools/call', { name: 'held', _meta: { progressToken: 1 } });
    const response = await httpsFetch({ ca: first.cert })(url, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
    });
    const events = readEvents(response, () => {});
    expect(await events.message()).toMatchObject({ method: 'notifications/progress' });
    const before = await shown(port);
    await reload(second);
    expect(await shown(port)).not.toBe(before);
    state.release();
    expect(await events.message()).toMatchObject({
      result: { content: [{ text: 'released' }] },
    });
  });

  test('that cannot be served leaves the old one in place', async () => {
    const [first, other] = (await pairs(2)) as [Certificate, Certificate];
    const expired = await selfSigned({ startDay: -30, endDay: -1 });
    const { port, reload } = await serveTls(demoApp(), { key: first.key, cert: first.cert });
    const before = await shown(port);
    for (const pair of [{ key: first.key, cert: other.cert }, expired, { key: 'no', cert: 'no' }])
      await expect(reload(pair)).rejects.toMatchObject({ code: 'CERTIFICATE_UNUSABLE' });
    await expect(reload()).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    expect(await shown(port)).toBe(before);
    // A refusal is not the end of it.
    await reload(other);
    expect(await shown(port)).not.toBe(before);
  });

  test('of two asked for at once, the last one stays, though the first takes longer', async () => {
    const [{ keyPath: keyFile, certPath: certFile }, other] = (await pairs(2)) as [Certificate, Certificate];
    const { port, reload } = await serveTls(demoApp(), { keyFile, certFile });
    await reload(other);
    const expected = await shown(port);
    await Promise.all([reload(), reload(other)]);
    expect(await shown(port)).toBe(expected);
  });
});

describe.skipIf(!hasOpenssl)('files', () => {
  test('that change are served, and broken ones are logged without what is in them', async () => {
    const [first, second, third] = (await pairs(3)) as [Certificate, Certificate, Certificate];
    const directory = await temporaryDirectory();
    const files = { keyFile: join(directory, 'tls.key'), certFile: join(directory, 'tls.crt') };
    await Promise.all([copyFile(first.keyPath, files.keyFile), copyFile(first.certPath, files.certFile)]);
    const { logger, of } = recordedLog();
    const { port } = await serveTls(demoApp({ logger }), files);
    const before = await shown(port);
    // The key of one, for a while, and the certificate of another.
    await copyFile(second.keyPath, files.keyFile);
    await until(() => of('error').length > 0);
    expect(await shown(port)).toBe(before);
    await copyFile(second.certPath, files.certFile);
    await until(() => of('info').length === 1);
    const renewed = await shown(port);
    expect(renewed).not.toBe(before);
    await writeFile(files.keyFile, `${third.key.slice(0, 80)} and nothing more`);
    await until(() => of('error').length > 1);
    expect(await shown(port)).toBe(renewed);
    const log = [...of('error'), ...of('info'), ...of('debug')].join('\n');
    expect(log).toContain(renewed);
    for (const { key } of [first, second, third]) expect(log).not.toContain(key.slice(30, 60));
  });

  test('behind a link that is turned, as Kubernetes does it, are served', async () => {
    const [first, second] = (await pairs(2)) as [Certificate, Certificate];
    const directory = await temporaryDirectory();
    const at = (...names: string[]) => join(directory, ...names);
    for (const [version, { key, cert }] of [['one', first] as const, ['two', second] as const]) {
      await mkdir(at(version));
      await writeFile(at(version, 'tls.key'), key);
      await writeFile(at(version, 'tls.crt'), cert);
    }
    await symlink('one', at('..data'));
    await symlink('..data/tls.key', at('tls.key'));
    await symlink('..data/tls.crt', at('tls.crt'));
    const { port } = await serveTls(demoApp(), { keyFile: at('tls.key'), certFile: at('tls.crt') });
    const before = await shown(port);
    await symlink('two', at('..next'));
    await rename(at('..next'), at('..data'));
    await expect.poll(() => shown(port), { timeout: 5000 }).not.toBe(before);
  });

  test('are looked at once a minute where the file system tells nothing, and once refused is logged once', async () => {
    const [first, second] = (await pairs(2)) as [Certificate, Certificate];
    const directory = await temporaryDirectory();
    // What a link points to is in another directory, which nobody watches.
    const keyFile = join(directory, 'tls.key');
    const certFile = join(directory, 'tls.crt');
    await Promise.all([symlink(first.keyPath, keyFile), symlink(first.certPath, certFile)]);
    const clock = fakeClock({ now: Date.now() });
    const { logger, of } = recordedLog();
    const server = await serveTls(demoApp({ logger, clock }), { keyFile, certFile });
    const before = await shown(server.port);
    await writeFile(first.certPath, second.cert);
    for (let minute = 0; minute < 3; minute += 1) {
      await clock.advance(60_000);
      await until(() => of('error').length === 1);
    }
    await expect(server.reload()).rejects.toMatchObject({ code: 'CERTIFICATE_UNUSABLE' });
    await writeFile(first.keyPath, second.key);
    await server.reload();
    expect(await shown(server.port)).not.toBe(before);
    expect(of('error')).toHaveLength(1);
    await server.close();
    await writeFile(first.certPath, 'broken');
    await clock.advance(120_000);
    await expect(server.reload()).rejects.toThrow('PEM');
    expect(of('error')).toHaveLength(1);
  });

  test('that come before they are valid are served once they are', async () => {
    const [current] = (await pairs(1)) as [Certificate];
    const early = await selfSigned({ startDay: 2 / 24 });
    const clock = fakeClock({ now: Date.now() });
    const { logger, of } = recordedLog();
    const files = { keyFile: current.keyPath, certFile: current.certPath };
    const { port } = await serveTls(demoApp({ logger, clock }), files);
    const before = await shown(port);
    await Promise.all([writeFile(files.keyFile, early.key), writeFile(files.certFile, early.cert)]);
    await clock.advance(60_000);
    await until(() => of('error').length === 1);
    expect(of('error')[0]).toContain('not valid before');
    expect(await shown(port)).toBe(before);
    await clock.advance(3 * 3_600_000);
    await until(() => of('info').length === 1);
    expect(await shown(port)).not.toBe(before);
    expect(of('error')).toHaveLength(1);
  });
});
