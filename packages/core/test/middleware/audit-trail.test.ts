import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { EMPTY_CHAIN, verifyAuditChain } from '../../src/audit/chain.ts';
import type { AuditRecord } from '../../src/audit/record.ts';
import type { AuditSink } from '../../src/audit/record.ts';
import { AuditTrail } from '../../src/audit/trail.ts';
import { entry, ids } from '../stores/audit-contract.ts';

/** Keeps at most `atOnce` records per step; `fail` and `hold` make it a bad one. */
function batchSink(atOnce = Infinity) {
  const sink = {
    batches: [] as string[][],
    records: [] as AuditRecord[],
    steps: 0,
    fail: false as 'at once' | 'late' | false,
    hold: undefined as Promise<void> | undefined,
    append: () => expect.unreachable('extend is there'),
    async extend(next) {
      sink.steps += 1;
      await sink.hold;
      if (sink.fail === 'at once') throw new Error('locked');
      const batch: AuditRecord[] = [];
      const last = () => batch.at(-1) ?? sink.records.at(-1) ?? EMPTY_CHAIN;
      for (let record = next(last()); record; record = next(last())) {
        batch.push(record);
        if (batch.length === atOnce) break;
      }
      await turn();
      if (sink.fail === 'late') throw new Error('disk full');
      sink.records.push(...batch);
      sink.batches.push(batch.map(({ callId }) => callId));
      return batch.length;
    },
  } satisfies AuditSink & Record<string, unknown>;
  return sink;
}

function setup({ atOnce = Infinity, maxQueue = 1000, gatherMs = 0 } = {}) {
  const sink = batchSink(atOnce);
  return { sink, trail: new AuditTrail({ sink, maxQueue, gatherMs }) };
}

const codeOf = (kept: Promise<void>) =>
  kept.then(
    () => 'kept',
    (error: { code: string }) => error.code,
  );

describe('a sink that takes many records at once', () => {
  test('gets those of one turn together, in order and chained', async () => {
    const { sink, trail } = setup();
    await Promise.all(ids(5, 'a').map((id) => trail.append(entry(id))));
    await Promise.all(ids(3, 'b').map((id) => trail.append(entry(id))));
    expect(sink.batches).toEqual([ids(5, 'a'), ids(3, 'b')]);
    expect(await verifyAuditChain(sink.records)).toMatchObject({ ok: true, count: 8 });
  });

  test('gets those of a longer time together, sooner when they are many or somebody flushes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      const { sink, trail } = setup({ gatherMs: 5 });
      void trail.append(entry('a'));
      await turn();
      void trail.append(entry('b'));
      await vi.advanceTimersByTimeAsync(4);
      expect(sink.batches).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      await turn();
      expect(sink.batches).toEqual([['a', 'b']]);

      void trail.append(entry('c'));
      await trail.flush();
      expect(sink.batches).toEqual([['a', 'b'], ['c']]);

      await Promise.all(ids(200).map((id) => trail.append(entry(id))));
      expect(sink.batches[2]).toHaveLength(200);
    } finally {
      vi.useRealTimers();
    }
  });

  test('gets no more than a process should be busy with', async () => {
    const { sink, trail } = setup();
    await Promise.all(ids(450).map((id) => trail.append(entry(id))));
    expect(sink.batches.flat()).toEqual(ids(450));
    expect(Math.max(...sink.batches.map(({ length }) => length))).toBe(200);
  });

  test('may keep only some of them: the others come again', async () => {
    const { sink, trail } = setup({ atOnce: 2 });
    await Promise.all(ids(5).map((id) => trail.append(entry(id))));
    expect(sink.batches).toEqual([['c0', 'c1'], ['c2', 'c3'], ['c4']]);
    expect(await verifyAuditChain(sink.records)).toMatchObject({ ok: true, count: 5, lost: 0 });
  });

  test.each(['at once', 'late'] as const)(
    'loses what it rejects %s, and the next record says how many',
    async (fail) => {
      const { sink, trail } = setup();
      sink.fail = fail;
      const lost = await Promise.all(ids(3).map((id) => codeOf(trail.append(entry(id)))));
      expect(lost).toEqual(Array.from({ length: 3 }, () => 'AUDIT_SINK_FAILED'));
      expect(sink.steps).toBe(1);
      sink.fail = false;
      await Promise.all(ids(2, 'd').map((id) => trail.append(entry(id))));
      expect(sink.records.map(({ callId, lost: missing }) => [callId, missing])).toEqual([
        ['d0', 3],
        ['d1', undefined],
      ]);
      expect(await verifyAuditChain(sink.records)).toMatchObject({ ok: true, count: 2, lost: 3 });
    },
  );

  test('is waited for with as many records as the queue takes, and no more', async () => {
    const { sink, trail } = setup({ maxQueue: 4 });
    const held = Promise.withResolvers<void>();
    sink.hold = held.promise;
    const outcomes = Promise.all(ids(6).map((id) => codeOf(trail.append(entry(id)))));
    expect(trail.isFull).toBe(true);
    held.resolve();
    expect(await outcomes).toEqual(['kept', 'kept', 'kept', 'kept', 'AUDIT_QUEUE_FULL', 'AUDIT_QUEUE_FULL']);
    await trail.append(entry('next'));
    expect(await verifyAuditChain(sink.records)).toMatchObject({ ok: true, count: 5, lost: 2 });
  });

  test('loses nothing to a small queue while it keeps up', async () => {
    const { sink, trail } = setup({ maxQueue: 2, gatherMs: 60_000 });
    for (const id of ids(10)) await codeOf(trail.append(entry(id)));
    expect(await verifyAuditChain(sink.records)).toMatchObject({ ok: true, count: 10, lost: 0 });
  });

  test('has everything when a flush resolves, also while more is coming', async () => {
    const { sink, trail } = setup({ gatherMs: 60_000 });
    for (const id of ids(3)) void trail.append(entry(id));
    const flushed = trail.flush();
    void trail.append(entry('later'));
    await flushed;
    expect(sink.records.map(({ callId }) => callId)).toEqual(expect.arrayContaining(ids(3)));
    await trail.close();
    expect(sink.records).toHaveLength(4);
  });
});
