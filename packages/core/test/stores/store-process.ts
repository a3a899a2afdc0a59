// One of several processes on the same files: does what its parent says and answers each time.
import { sqliteStore } from '../../src/stores/sqlite-store.ts';

export interface Order {
  readonly path: string;
  readonly keys: readonly string[];
}

export interface Answer {
  readonly won: readonly string[];
  readonly error?: string;
}

process.on('message', (order: Order) => {
  void claim(order).then((answer) => process.send?.(answer));
});
process.send?.('ready');

async function claim({ path, keys }: Order): Promise<Answer> {
  try {
    const store = sqliteStore({ path });
    const won: string[] = [];
    for (const key of keys) {
      if (await store.create(key, process.pid)) won.push(key);
    }
    // Left open on purpose: the parent ends this process with SIGKILL.
    return { won };
  } catch (error) {
    return { won: [], error: String(error) };
  }
}
