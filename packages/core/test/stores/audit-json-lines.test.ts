import {
  appendFile,
  chmod,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { verifyAuditChain } from '../../src/audit/chain.ts';
import { AuditTrail } from '../../src/audit/trail.ts';
import { jsonLinesAuditSink } from '../../src/stores/audit-json-lines.ts';
import { appendAll, entry, ids, killWhileAnswering, read, sealing, testAuditLog } from './audit-contract.ts';

let directory = '';
const path = () => join(directory, 'audit.jsonl');
const files = async () => (await readdir(directory)).toSorted();
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'toolyard-audit-'));
});
afterEach(() => rm(directory, { recursive: true }));

testAuditLog(() => jsonLinesAuditSink({ path: path() }));

describe('the file', () => {
  test('has one line of JSON per record', async () => {
    const log = jsonLinesAuditSink({ path: path(), fsync: true });
    const records = await appendAll(log, ids(3));
    await log.close();
    expect(await readFile(path(), 'utf8')).toBe(
      records.map((record) => `${JSON.stringify(record)}\n`).join(''),
    );
  });

  test.skipIf(process.platform === 'win32')(
    'is for the current user alone, also when it was there before',
    async () => {
      await writeFile(path(), '');
      await chmod(path(), 0o644);
      const log = jsonLinesAuditSink({ path: path() });
      await log.last();
      expect((await stat(path())).mode & 0o777).toBe(0o600);
      await log.close();
    },
  );

  test('is not made before it is needed', async () => {
    await jsonLinesAuditSink({ path: path() }).close();
    expect(await files()).toEqual([]);
  });
});

describe('full files', () => {
  test('are put aside, and the chain runs on through them and restarts', async () => {
    for (const run of ['a', 'b', 'c']) {
      const log = jsonLinesAuditSink({ path: path(), maxBytes: 1500 });
      await appendAll(log, ids(4, run));
      await log.close();
    }
    expect((await files()).length).toBeGreaterThan(3);
    expect(await files()).toContain('audit.jsonl.000000000003');
    for (const name of await files())
      expect((await stat(join(directory, name))).size).toBeLessThanOrEqual(1500);
    const log = jsonLinesAuditSink({ path: path() });
    expect(await verifyAuditChain(log.records())).toMatchObject({ ok: true, count: 12 });
    await log.close();
  });

  test('a crash right after one was put aside loses nothing', async () => {
    const log = jsonLinesAuditSink({ path: path(), maxBytes: 1 });
    await appendAll(log, ids(3));
    await log.close();
    await rm(path());
    const next = jsonLinesAuditSink({ path: path() });
    expect(await next.last()).toMatchObject({ seq: 2 });
    await appendAll(next, ['more']);
    expect(await verifyAuditChain(next.records())).toMatchObject({ ok: true, count: 3 });
    await next.close();
  });

  test('the oldest are deleted when there are too many', async () => {
    const log = jsonLinesAuditSink({ path: path(), maxBytes: 1, maxFiles: 2 });
    await appendAll(log, ids(10));
    expect((await read(log)).map(({ seq }) => seq)).toEqual([8, 9, 10]);
    expect(await verifyAuditChain(log.records(), { from: 'any' })).toMatchObject({ ok: true, count: 3 });
    await log.close();
  });

  test('are begun within many records that come at once', async () => {
    const sink = jsonLinesAuditSink({ path: path(), maxBytes: 1500 });
    const trail = new AuditTrail({ sink, maxQueue: 100, gatherMs: 0 });
    await Promise.all(ids(20).map((id) => trail.append(entry(id))));
    for (const name of await files())
      expect((await stat(join(directory, name))).size).toBeLessThanOrEqual(1500);
    expect(await verifyAuditChain(sink.records())).toMatchObject({ ok: true, count: 20, lost: 0 });
    await trail.close();
  });

  test('nothing is written over', async () => {
    await writeFile(`${path()}.000000000001`, 'mine');
    const log = jsonLinesAuditSink({ path: path(), maxBytes: 1 });
    await expect(appendAll(log, ids(2))).rejects.toMatchObject({ code: 'AUDIT_LOG_DAMAGED' });
    expect(await readFile(`${path()}.000000000001`, 'utf8')).toBe('mine');
    await log.close();
  });
});

describe('crashes and hands of others', () => {
  test('half a line is taken away, and the chain goes on', async () => {
    const log = jsonLinesAuditSink({ path: path() });
    await appendAll(log, ids(3));
    await log.close();
    await truncate(path(), (await stat(path())).size - 20);
    const next = jsonLinesAuditSink({ path: path() });
    expect(await read(next)).toHaveLength(2);
    await appendAll(next, ['more']);
    expect(await verifyAuditChain(next.records())).toMatchObject({ ok: true, count: 3 });
    await next.close();
  });

  test('half a line that is longer than what is read at once', async () => {
    const log = jsonLinesAuditSink({ path: path() });
    await appendAll(log, ids(2), { tenant: 'x'.repeat(200_000) });
    await log.close();
    await appendFile(path(), 'y'.repeat(200_000));
    const next = jsonLinesAuditSink({ path: path() });
    await appendAll(next, ['more']);
    expect(await verifyAuditChain(next.records())).toMatchObject({ ok: true, count: 3 });
    await next.close();
  });

  test('a file that is none of ours is not touched', async () => {
    await writeFile(path(), 'dear diary\n');
    const log = jsonLinesAuditSink({ path: path() });
    await expect(appendAll(log, ids(1))).rejects.toMatchObject({ code: 'AUDIT_LOG_DAMAGED' });
    await expect(read(log)).rejects.toMatchObject({ code: 'AUDIT_LOG_DAMAGED' });
    expect(await readFile(path(), 'utf8')).toBe('dear diary\n');
    await log.close();
  });

  test('a file that was cut or deleted under way is noticed', async () => {
    const log = jsonLinesAuditSink({ path: path() });
    const [first] = await appendAll(log, ids(3));
    const firstLine = Buffer.byteLength(JSON.stringify(first)) + 1;
    await truncate(path(), firstLine);
    await expect(appendAll(log, ['lost'])).rejects.toMatchObject({ code: 'AUDIT_CHAIN_MOVED' });
    await appendAll(log, ['more']);
    expect(await verifyAuditChain(log.records())).toMatchObject({ ok: true, count: 2 });
    await rm(path());
    await expect(appendAll(log, ['lost'])).rejects.toMatchObject({ code: 'AUDIT_CHAIN_MOVED' });
    await appendAll(log, ['new chain']);
    expect(await verifyAuditChain(log.records())).toMatchObject({ ok: true, count: 1 });
    await log.close();
  });

  test('a line that could not be written whole is taken back', async () => {
    const log = jsonLinesAuditSink({ path: path() });
    await appendAll(log, ids(2));
    const handle = await open(path(), 'r');
    const prototype = Object.getPrototypeOf(handle) as { appendFile(data: Uint8Array): Promise<void> };
    await handle.close();
    const fullDisk = vi.spyOn(prototype, 'appendFile').mockImplementationOnce(async () => {
      await appendFile(path(), '{"half');
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    });
    await expect(appendAll(log, ['lost'])).rejects.toMatchObject({ code: 'ENOSPC' });
    fullDisk.mockRestore();
    expect((await readFile(path(), 'utf8')).endsWith('}\n')).toBe(true);
    await appendAll(log, ['more']);
    expect(await verifyAuditChain(log.records())).toMatchObject({ ok: true, count: 3 });
    await log.close();
  });

  test('a process that is killed loses no record of a call it has answered under "fail-call"', async () => {
    const answered = await killWhileAnswering('json lines', path());
    const log = jsonLinesAuditSink({ path: path() });
    expect(await verifyAuditChain(log.records())).toMatchObject({ ok: true, lost: 0 });
    expect((await read(log)).length).toBeGreaterThanOrEqual(answered);
    await log.close();
  });

  test('a file that was cut is noticed before many are written at once', async () => {
    const log = jsonLinesAuditSink({ path: path() });
    await appendAll(log, ids(2));
    const whole = await readFile(path(), 'utf8');
    await truncate(path(), whole.length - 20);
    // The chain goes on from what is left.
    expect(await log.extend(sealing(ids(3, 'more')))).toBe(3);
    expect(await verifyAuditChain(log.records())).toMatchObject({ ok: true, count: 4 });
    await log.close();
  });
});

test('what cannot work is refused', () => {
  expect(() => jsonLinesAuditSink({ path: '' })).toThrow('path must not be empty');
  expect(() => jsonLinesAuditSink({ path: 'x', maxBytes: 0 })).toThrow('maxBytes must be above 0');
  expect(() => jsonLinesAuditSink({ path: 'x', maxFiles: -1 })).toThrow('maxFiles must not be negative');
});
