import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verifyAuditChain } from '../../src/audit/chain.ts';
import { AuditTrail } from '../../src/audit/trail.ts';
import { sqliteAuditSink } from '../../src/stores/audit-sqlite.ts';
import { appendAll, entry, ids, killWhileAnswering, read, sealing, testAuditLog } from './audit-contract.ts';

let directory = '';
const path = () => join(directory, 'audit.db');
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'toolyard-audit-'));
});
afterEach(() => rm(directory, { recursive: true }));

testAuditLog(() => sqliteAuditSink({ path: path() }));

test('two processes share one chain', async () => {
  const logs = [sqliteAuditSink({ path: path() }), sqliteAuditSink({ path: path(), fsync: true })];
  const trails = logs.map((sink) => new AuditTrail({ sink, maxQueue: 1000, gatherMs: 0 }));
  await Promise.all(ids(100).map((id, n) => trails[n % 2]!.append(entry(id))));
  expect(await verifyAuditChain(logs[0]!.records())).toMatchObject({ ok: true, count: 100, lost: 0 });
  await Promise.all(trails.map((trail) => trail.close()));
});

test('a process that is killed loses no record of a call it has answered under "fail-call"', async () => {
  const answered = await killWhileAnswering('sqlite', path());
  const log = sqliteAuditSink({ path: path() });
  expect(await verifyAuditChain(log.records())).toMatchObject({ ok: true, lost: 0 });
  expect((await read(log)).length).toBeGreaterThanOrEqual(answered);
  await log.close();
});

test('a change of a row is found', async () => {
  const database = new DatabaseSync(':memory:');
  const log = sqliteAuditSink({ database });
  await appendAll(log, ids(5));
  database.exec(`UPDATE toolyard_audit SET record = replace(record, '"ann"', '"bob"') WHERE seq = 3`);
  expect(await verifyAuditChain(log.records())).toEqual({ ok: false, index: 2, problem: 'changed' });
  database.exec('DELETE FROM toolyard_audit WHERE seq = 3');
  expect(await verifyAuditChain(log.records())).toEqual({ ok: false, index: 2, problem: 'missing' });
  await log.close();
  expect(database.isOpen).toBe(true);
  database.close();
});

test('the oldest records go when there are too many', async () => {
  const log = sqliteAuditSink({ path: ':memory:', maxRecords: 3 });
  const records = await appendAll(log, ids(10));
  expect((await read(log)).map(({ seq }) => seq)).toEqual([8, 9, 10]);
  expect(await verifyAuditChain(log.records())).toMatchObject({ ok: false, index: 0, problem: 'missing' });
  expect(await verifyAuditChain(log.records(), { from: records[6]!.hash })).toMatchObject({
    ok: true,
    count: 3,
  });
  expect(await verifyAuditChain(log.records(), { from: 'any' })).toMatchObject({ ok: true, count: 3 });
  await log.close();
});

test('the oldest go too when many come at once', async () => {
  const log = sqliteAuditSink({ path: ':memory:', maxRecords: 3 });
  expect(await log.extend(sealing(ids(10)))).toBe(10);
  expect((await read(log)).map(({ seq }) => seq)).toEqual([8, 9, 10]);
  await log.close();
});

test('the file is for the current user alone', async () => {
  const log = sqliteAuditSink({ path: path() });
  expect((await stat(path())).mode & 0o777).toBe(0o600);
  await log.close();
});

test('what cannot work is refused', () => {
  expect(() => sqliteAuditSink({ path: ':memory:', table: 'a b' })).toThrow('table must be');
  expect(() => sqliteAuditSink({ path: ':memory:', maxRecords: 0 })).toThrow('maxRecords must be');
  expect(() => sqliteAuditSink({ path: join(directory, 'none', 'a.db') })).toThrow(
    'Cannot keep an audit log',
  );
});
