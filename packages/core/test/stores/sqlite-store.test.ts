import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sqliteStore } from '../../src/stores/sqlite-store.ts';
import { fakeClock } from '../../src/testing/fake-clock.ts';
import { testStore } from '../../src/testing/store-contract.ts';
import { testModel, testRoundTrip } from './properties.ts';
import type { Answer, Order } from './store-process.ts';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'toolyard-store-'));
  path = join(directory, 'store.db');
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

testStore('sqliteStore', (options) => sqliteStore({ path, ...options }), { describe, test, expect });

describe('sqliteStore', () => {
  testRoundTrip(() => sqliteStore({ path }));
  testModel((options) => sqliteStore({ path: ':memory:', ...options }), 'oldest write');

  test('what was written survives a restart, with its time to live', async () => {
    const time = fakeClock();
    const before = sqliteStore({ path, clock: time });
    await before.set('kept', { n: 1 });
    await before.set('short', 1, { ttlMs: 10 });
    await before.set('long', 1, { ttlMs: 1000 });
    await before.close?.();
    await time.advance(10);
    const after = sqliteStore({ path, clock: time });
    expect(await after.get('kept')).toEqual({ n: 1 });
    expect(await after.get('short')).toBeUndefined();
    expect(await after.create('long', 2)).toBe(false);
    await after.close?.();
  });

  test('close leaves one file, which only the user may read', async () => {
    const store = sqliteStore({ path });
    await store.set('key', 1);
    for (const file of readdirSync(directory)) expect(statSync(join(directory, file)).mode & 0o077).toBe(0);
    await store.close?.();
    expect(readdirSync(directory)).toEqual(['store.db']);
  });

  test('two stores on one file see each other at once', async () => {
    const [one, two] = [sqliteStore({ path }), sqliteStore({ path })];
    await one.set('key', 'one');
    expect(await two.get('key')).toBe('one');
    expect(await two.create('key', 'two')).toBe(false);
    expect(await two.delete('key')).toBe(true);
    expect(await one.get('key')).toBeUndefined();
    await one.close?.();
    await two.close?.();
  });

  test('two stores on one file keep the bounds together', async () => {
    const [one, two] = [sqliteStore({ path, maxEntries: 3 }), sqliteStore({ path, maxEntries: 3 })];
    for (const n of [1, 2, 3, 4]) {
      await one.set(`one-${n}`, n);
      await two.set(`two-${n}`, n);
    }
    await one.close?.();
    await two.close?.();
    expect(keysIn(path)).toEqual(['two-3', 'one-4', 'two-4']);
  });

  test('tables in one file are separate stores', async () => {
    const [one, two] = [
      sqliteStore({ path, table: 'one' }),
      sqliteStore({ path, table: 'two', maxEntries: 1 }),
    ];
    await one.set('key', 1);
    await two.set('key', 2);
    await two.set('other', 2);
    expect([await one.get('key'), await two.get('key')]).toEqual([1, undefined]);
    await one.close?.();
    await two.close?.();
  });

  test('keys and values together stay within maxBytes, whatever their sizes', async () => {
    const store = sqliteStore({ path, maxBytes: 1_000 });
    for (let n = 0; n < 100; n++) await store.set(`k${n}`, 'x'.repeat((n * 37) % 300));
    await store.set('k99', 'x'.repeat(900));
    expect(await store.get('k99')).toBe('x'.repeat(900));
    await expect(store.set('k100', 'x'.repeat(1_000))).rejects.toMatchObject({
      code: 'STORE_VALUE_TOO_LARGE',
    });
    await store.close?.();
    using database = new Opened(path);
    const row = database.get('SELECT sum(length(key) + length(value)) AS bytes FROM toolyard_store');
    expect(row['bytes']).toBeLessThanOrEqual(1_000);
    expect(database.get('SELECT entries, bytes FROM toolyard_store_size')).toEqual(
      database.get('SELECT count(*) AS entries, sum(bytes) AS bytes FROM toolyard_store'),
    );
  });

  test('lowered bounds take hold over some writes, none of which does all the work', async () => {
    const before = sqliteStore({ path });
    for (let n = 0; n < 2_000; n++) await before.set(`k${n}`, n);
    await before.close?.();
    const after = sqliteStore({ path, maxEntries: 10 });
    await after.set('first', 1);
    expect(keysIn(path)).toHaveLength(1_501);
    for (const n of [1, 2, 3]) await after.set(`then${n}`, 1);
    await after.close?.();
    expect(keysIn(path)).toHaveLength(10);
  });

  test('expired rows leave the file with later writes', async () => {
    const time = fakeClock();
    const store = sqliteStore({ path, clock: time });
    for (let n = 0; n < 1_200; n++) await store.set(`k${n}`, n, { ttlMs: 10 });
    await time.advance(10);
    for (const n of [1, 2, 3]) await store.set(`new${n}`, n);
    await store.close?.();
    expect(keysIn(path)).toEqual(['new1', 'new2', 'new3']);
  });

  test('nothing that is live makes room while something expired is left', async () => {
    const time = fakeClock();
    const before = sqliteStore({ path, clock: time });
    await before.set('live', 1);
    for (let n = 0; n < 1_200; n++) await before.set(`k${n}`, n, { ttlMs: 10 });
    await before.close?.();
    await time.advance(10);
    const after = sqliteStore({ path, clock: time, maxEntries: 5 });
    for (const n of [1, 2, 3]) await after.set(`new${n}`, n);
    await after.close?.();
    expect(keysIn(path)).toEqual(['live', 'new1', 'new2', 'new3']);
  });

  describe('with a database of the caller', () => {
    test('changes no settings and leaves it open', async () => {
      using opened = new Opened(path);
      const store = sqliteStore({ database: opened.database, table: 'order' });
      await store.set('key', 1);
      await store.close?.();
      expect(opened.database.isOpen).toBe(true);
      expect(opened.get('PRAGMA journal_mode')).toEqual({ journal_mode: 'delete' });
      expect(opened.get('SELECT key, value FROM "order"')).toEqual({ key: 'key', value: '1' });
    });

    test('takes part in its transactions', async () => {
      using opened = new Opened(path);
      const store = sqliteStore({ database: opened.database, maxEntries: 2 });
      await store.set('before', 1);
      opened.database.exec('BEGIN');
      expect(await store.create('within', 1)).toBe(true);
      await store.delete('before');
      opened.database.exec('ROLLBACK');
      expect([await store.get('before'), await store.get('within')]).toEqual([1, undefined]);
    });

    test('a failed write changes nothing, and the next one works', async () => {
      using opened = new Opened(path);
      const store = sqliteStore({ database: opened.database, maxEntries: 2 });
      for (const key of ['a', 'b']) await store.set(key, 1);
      opened.database.exec(`CREATE TEMP TRIGGER fault BEFORE DELETE ON toolyard_store
        BEGIN SELECT raise(ABORT, 'the disk is on fire'); END`);
      await expect(store.create('c', 1)).rejects.toThrow('the disk is on fire');
      expect(opened.database.isTransaction).toBe(false);
      opened.database.exec('DROP TRIGGER fault');
      expect(await store.create('c', 1)).toBe(true);
      expect([await store.get('a'), await store.get('b'), await store.get('c')]).toEqual([undefined, 1, 1]);
    });
  });

  describe('refuses', () => {
    test('a directory that does not exist', () => {
      const missing = join(directory, 'missing', 'store.db');
      expect(() => sqliteStore({ path: missing })).toThrow(
        expect.objectContaining({ code: 'STORE_OPEN_FAILED', message: expect.stringContaining(missing) }),
      );
    });

    test('a file that is not a database', async () => {
      const { writeFileSync } = await import('node:fs');
      writeFileSync(path, 'These are notes of mine. '.repeat(100));
      expect(() => sqliteStore({ path })).toThrow(/not a database/);
      expect(statSync(path).size).toBe(2_500);
    });

    test("a table that is somebody else's, and leaves it as it was", () => {
      using opened = new Opened(path);
      opened.database.exec('CREATE TABLE users (key TEXT PRIMARY KEY, bytes INTEGER, expires_at INTEGER)');
      const schema = () => opened.database.prepare('SELECT * FROM sqlite_schema').all();
      const before = schema();
      expect(() => sqliteStore({ database: opened.database, table: 'users' })).toThrow(
        expect.objectContaining({ code: 'STORE_OPEN_FAILED' }),
      );
      expect(schema()).toEqual(before);
    });

    test.for(['', '1st', 'with space', 'a"; DROP TABLE users; --', 'sqlite_master', 'x'.repeat(61)])(
      'the table name %j',
      (table) => {
        expect(() => sqliteStore({ path, table })).toThrow(expect.objectContaining({ option: 'table' }));
        expect(existsSync(path)).toBe(false);
      },
    );

    test('bounds that bound nothing', () => {
      expect(() => sqliteStore({ path, maxEntries: 0 })).toThrow('maxEntries must be');
      expect(() => sqliteStore({ path, maxBytes: 0 })).toThrow('maxBytes must be');
      expect(() => sqliteStore({ path, maxValueBytes: 0 })).toThrow('maxValueBytes must be');
      expect(() => sqliteStore({ path, busyTimeoutMs: 0 })).toThrow('busyTimeoutMs must be');
    });
  });
});

describe('sqliteStore in several processes', () => {
  let children: StoreProcess[] = [];

  beforeAll(async () => {
    children = await Promise.all([startProcess(), startProcess()]);
  });

  afterAll(() => {
    for (const { child } of children) child.kill('SIGKILL');
  });

  test('opening one new file together and racing on create, every key has exactly one winner', async () => {
    const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
    for (let round = 0; round < 25; round++) {
      const file = join(directory, `race-${round}.db`);
      const answers = await Promise.all(children.map(({ obey }) => obey({ path: file, keys })));
      expect(answers.map(({ error }) => error)).toEqual([undefined, undefined]);
      expect(answers.flatMap(({ won }) => won).toSorted()).toEqual(keys.toSorted());

      const store = sqliteStore({ path: file });
      for (const [n, { won }] of answers.entries()) {
        for (const key of won) expect(await store.get(key)).toBe(children[n]?.child.pid);
      }
      await store.close?.();
    }
  });

  test('a claim of a process that was killed without closing is still there', async () => {
    const { child, obey } = await startProcess();
    expect(await obey({ path, keys: ['claim'] })).toEqual({ won: ['claim'] });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const store = sqliteStore({ path });
    expect(await store.create('claim', 'mine')).toBe(false);
    expect(await store.get('claim')).toBe(child.pid);
    await store.close?.();
  });

  test('opening a file waits while another process writes to it, even before it is in WAL mode', async () => {
    expect(await children[0]?.obey({ path, lockForMs: 100 })).toEqual({ won: [] });
    const store = sqliteStore({ path });
    expect(await store.create('key', 1)).toBe(true);
    await store.close?.();
  });

  test('a write waits while another process writes', async () => {
    const store = sqliteStore({ path });
    expect(await children[0]?.obey({ path, lockForMs: 100 })).toEqual({ won: [] });
    expect(await store.create('key', 1)).toBe(true);
    await store.close?.();
  });

  test('waiting ends with busyTimeoutMs; reading does not wait', async () => {
    const store = sqliteStore({ path, busyTimeoutMs: 20 });
    await store.set('key', 1);
    using other = new Opened(path);
    other.database.exec('BEGIN IMMEDIATE');
    await expect(store.set('key', 2)).rejects.toThrow('locked');
    expect(await store.get('key')).toBe(1);
    other.database.exec('ROLLBACK');
    await store.set('key', 3);
    await store.close?.();

    using locked = new Opened(`${path}-new`);
    locked.database.exec('BEGIN IMMEDIATE');
    expect(() => sqliteStore({ path: `${path}-new`, busyTimeoutMs: 20 })).toThrow(/locked/);
  });
});

interface StoreProcess {
  readonly child: ChildProcess;
  readonly obey: (order: Order) => Promise<Answer>;
}

async function startProcess(): Promise<StoreProcess> {
  const script = join(import.meta.dirname, 'store-process.ts');
  const child = fork(script, { execArgv: ['--disable-warning=ExperimentalWarning'] });
  await once(child, 'message');
  return {
    child,
    obey: (order) =>
      new Promise((resolve) => {
        child.once('message', resolve);
        child.send(order);
      }),
  };
}

class Opened implements Disposable {
  readonly database: DatabaseSync;
  constructor(file: string) {
    this.database = new DatabaseSync(file);
  }
  get(sql: string): Record<string, unknown> {
    return { ...this.database.prepare(sql).get() };
  }
  [Symbol.dispose](): void {
    this.database.close();
  }
}

function keysIn(file: string): unknown[] {
  using opened = new Opened(file);
  return opened.database
    .prepare('SELECT key FROM toolyard_store ORDER BY id')
    .all()
    .map((row) => row['key']);
}
