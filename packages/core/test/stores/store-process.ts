// One of several processes on the same files: does what its parent says and answers each time.
import { DatabaseSync } from 'node:sqlite';
import { sqliteStore } from '../../src/stores/sqlite-store.ts';

export interface Order {
  readonly path: string;
  /** Open the store and create these. It stays open: the parent ends this process with SIGKILL. */
  readonly keys?: readonly string[];
  /** Hold the write lock of the file for so long. */
  readonly lockForMs?: number;
}

export interface Answer {
  readonly won: readonly string[];
  readonly error?: string;
}

process.on('message', (order: Order) => {
  void obey(order).then((answer) => process.send?.(answer));
});
process.send?.('ready');

async function obey({ path, keys = [], lockForMs }: Order): Promise<Answer> {
  try {
    if (lockForMs !== undefined) lock(path, lockForMs);
    else return { won: await claim(path, keys) };
    return { won: [] };
  } catch (error) {
    return { won: [], error: String(error) };
  }
}

async function claim(path: string, keys: readonly string[]): Promise<readonly string[]> {
  const store = sqliteStore({ path });
  const won: string[] = [];
  for (const key of keys) {
    if (await store.create(key, process.pid)) won.push(key);
  }
  return won;
}

function lock(path: string, forMs: number): void {
  const database = new DatabaseSync(path);
  database.exec('BEGIN IMMEDIATE');
  setTimeout(() => database.close(), forMs);
}
