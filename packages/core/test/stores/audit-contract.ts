// What every driver of an audit log has to do.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { EMPTY_CHAIN, verifyAuditChain } from '../../src/audit/chain.ts';
import { seal, sealNow } from '../../src/audit/seal.ts';
import type { AuditEntry, AuditRecord, ChainEnd } from '../../src/audit/record.ts';
import { createApp, defineTool } from '../../src/index.ts';
import { audit } from '../../src/middleware/audit.ts';
import type { AuditLog } from '../../src/stores/audit-log.ts';
import { settled } from '../helpers.ts';

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

/** Seals entries one after the other, as a trail does for a batch. */
export function sealing(callIds: readonly string[], more: Partial<AuditEntry> = {}) {
  const left = [...callIds];
  return (end: ChainEnd): AuditRecord | undefined => {
    const id = left.shift();
    return id === undefined ? undefined : sealNow!(entry(id, more), end, 0);
  };
}

export const ids = (count: number, prefix = 'c') => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

/** Ends a process that answers calls under way, and gives how many it had answered by then at least. */
export async function killWhileAnswering(driver: 'sqlite' | 'json lines', path: string): Promise<number> {
  const child = fork(new URL('audit-process.ts', import.meta.url), [driver, path], { execArgv: [] });
  let answered = 0;
  await new Promise<void>((enough) => {
    child.on('message', (count) => {
      answered = Number(count);
      if (answered >= 500) enough();
    });
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
  return answered;
}

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

  test('many are kept in one step, after what was there before and where others left the chain', async () => {
    const [log, other] = [open(), open()];
    await appendAll(log, ids(2));
    expect(await log.extend(sealing(ids(50, 'many')))).toBe(50);
    expect(await other.extend(sealing(ids(3, 'other')))).toBe(3);
    expect(await log.extend(sealing(ids(2, 'more')))).toBe(2);
    await appendAll(log, ['one']);
    expect(await verifyAuditChain(log.records())).toMatchObject({ ok: true, count: 58 });
    expect((await read(log)).map(({ callId }) => callId)).toEqual([
      ...ids(2),
      ...ids(50, 'many'),
      ...ids(3, 'other'),
      ...ids(2, 'more'),
      'one',
    ]);
    await Promise.all([log.close(), other.close()]);
  });

  test('of many that cannot all be kept, none is', async () => {
    const log = open();
    await appendAll(log, ids(2));
    const next = sealing(ids(3, 'lost'));
    const failing = (end: ChainEnd) => {
      const record = next(end);
      if (record) return record;
      throw new Error('out of memory');
    };
    await expect(log.extend(failing)).rejects.toThrow('out of memory');
    expect(await read(log)).toHaveLength(2);
    await log.extend(sealing(['more']));
    expect(await verifyAuditChain(log.records())).toMatchObject({ ok: true, count: 3 });
    await log.close();
  });

  test.each(['log', 'fail-call'] as const)(
    'calls that run together are chained in the order of their answers (%s)',
    async (onSinkError) => {
      const log = open();
      const trail = audit({ sink: log, onSinkError });
      const answered: string[] = [];
      const app = createApp({ name: 'demo', version: '1.0.0' })
        .use(trail, async function note(call, next) {
          const result = await next();
          answered.push(call.id);
          return result;
        })
        .add(defineTool({ name: 'echo', run: () => settled() }));
      await Promise.all(Array.from({ length: 100 }, () => app.call('echo', {})));
      await trail.flush();
      expect((await read(log)).map(({ callId }) => callId)).toEqual(answered);
      expect(await verifyAuditChain(log.records())).toMatchObject({ ok: true, count: 100, lost: 0 });
      await trail.close();
    },
  );

  test('a closed log refuses records; closing again does nothing', async () => {
    const log = open();
    await appendAll(log, ids(1));
    await log.close();
    await log.close();
    const closed = { code: 'AUDIT_LOG_CLOSED' };
    await expect(log.append(await seal(entry('late'), EMPTY_CHAIN, 0))).rejects.toMatchObject(closed);
    await expect(log.extend(sealing(['late']))).rejects.toMatchObject(closed);
  });
}
