// What every driver of an audit log has to do.
import { expect, test } from 'vitest';
import { EMPTY_CHAIN, seal, verifyAuditChain } from '../../src/audit/chain.ts';
import type { AuditEntry, AuditRecord } from '../../src/audit/record.ts';
import type { AuditLog } from '../../src/stores/audit-log.ts';

export function entry(callId: string, more: Partial<AuditEntry> = {}): AuditEntry {
  return {
    time: '2026-01-01T00:00:00.000Z',
    callId,
    principal: { id: 'ann' },
    transport: 'http',
    protocolVersion: '2026-07-28',
    method: 'tools/call',
    target: { kind: 'tool', name: 'echo', known: true },
    outcome: 'ok',
    durationMs: 1,
    paramsBytes: 10,
    resultBytes: 20,
    ...more,
  };
}

/** Appends entries in one go, and gives the records. */
export async function appendAll(
  log: AuditLog,
  ids: readonly string[],
  more: Partial<AuditEntry> = {},
): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  let end = (await log.last()) ?? EMPTY_CHAIN;
  for (const id of ids) {
    const record = await seal(entry(id, more), end, 0);
    await log.append(record);
    records.push(record);
    end = record;
  }
  return records;
}

export async function read(log: AuditLog): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  for await (const record of log.records()) records.push(record);
  return records;
}

export const ids = (count: number, prefix = 'c') => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

/** @param open - opens the same log each time. */
export function testAuditLog(open: () => AuditLog): void {
  test('an empty log has no records', async () => {
    const log = open();
    expect(await log.last()).toBeUndefined();
    expect(await read(log)).toEqual([]);
    await log.close();
  });

  test('records come back as they were, in order', async () => {
    const log = open();
    const odd = { method: 'tools/\u2028"call\n', tenant: 'Ä🙂' };
    const written = await appendAll(log, ids(5), odd);
    expect(await read(log)).toEqual(written);
    expect(await log.last()).toEqual(written.at(-1));
    expect(await verifyAuditChain(log.records())).toMatchObject({
      ok: true,
      count: 5,
      hash: written.at(-1)?.hash,
    });
    await log.close();
  });

  test('the chain goes on after a restart', async () => {
    for (const start of [0, 3, 6]) {
      const log = open();
      await appendAll(log, ids(3, `run${start}-`));
      await log.flush();
      await log.close();
    }
    const log = open();
    expect(await verifyAuditChain(log.records())).toMatchObject({ ok: true, count: 9 });
    expect((await read(log)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await log.close();
  });

  test('a record that does not follow the last one is refused', async () => {
    const log = open();
    await appendAll(log, ids(2));
    await expect(log.append(await seal(entry('fork'), EMPTY_CHAIN, 0))).rejects.toMatchObject({
      code: 'AUDIT_CHAIN_MOVED',
    });
    expect(await read(log)).toHaveLength(2);
    await appendAll(log, ['next']);
    expect(await verifyAuditChain(log.records())).toMatchObject({ ok: true, count: 3 });
    await log.close();
  });

  test('a closed log refuses records; closing again does nothing', async () => {
    const log = open();
    await appendAll(log, ids(1));
    await log.close();
    await log.close();
    await expect(log.append(await seal(entry('late'), EMPTY_CHAIN, 0))).rejects.toMatchObject({
      code: 'AUDIT_LOG_CLOSED',
    });
  });
}
