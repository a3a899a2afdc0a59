import { expect, test } from 'vitest';
import { createNotes, type NoteStore, type NotesOptions } from '../src/context/notes.ts';

/** A store as Toolyard's contract describes it, with a clock to turn. */
function fakeStore() {
  const entries = new Map<string, { json: string; expiresAt: number }>();
  const clock = { now: 1_000 };
  const live = (key: string) => {
    const entry = entries.get(key);
    return entry && entry.expiresAt > clock.now ? entry : undefined;
  };
  const store: NoteStore = {
    async get(key) {
      await Promise.resolve();
      const entry = live(key);
      return entry ? JSON.parse(entry.json) : undefined;
    },
    async set(key, value, { ttlMs = Infinity } = {}) {
      await Promise.resolve();
      if (key.length > 1_024) throw new Error('The key is too long.');
      entries.set(key, { json: JSON.stringify(value), expiresAt: clock.now + ttlMs });
    },
    async delete(key) {
      await Promise.resolve();
      const existed = live(key) !== undefined;
      entries.delete(key);
      return existed;
    },
  };
  return { store, entries, clock };
}

function start(options: NotesOptions = {}) {
  const { store, entries, clock } = fakeStore();
  return { notes: createNotes(store, { now: () => clock.now, ...options }), entries, clock };
}

const ada = { principal: 'ada', workspace: 'one' };

test('keeps JSON values by key', async () => {
  const { notes } = start();
  await notes.set(ada, 'goal', { steps: [1, null, 'x'] });
  await notes.set(ada, 'b', false);
  expect(await notes.get(ada, 'goal')).toEqual({ steps: [1, null, 'x'] });
  expect(await notes.get(ada, 'b')).toBe(false);
  expect(await notes.get(ada, 'missing')).toBeUndefined();
  expect(await notes.keys(ada)).toEqual(['b', 'goal']);
  expect(await notes.delete(ada, 'b')).toBe(true);
  expect(await notes.delete(ada, 'b')).toBe(false);
  expect(await notes.keys(ada)).toEqual(['goal']);
});

test('principals and workspaces never see each other, however they are named', async () => {
  const { notes } = start();
  const owners = [
    ada,
    { principal: 'ada', workspace: 'two' },
    { principal: 'bob', workspace: 'one' },
    { principal: 'ada","one', workspace: 'x' },
    { principal: 'a', workspace: 'da' },
    { principal: 'ad', workspace: 'a' },
    { principal: '__proto__', workspace: '__proto__' },
  ];
  for (const [index, owner] of owners.entries()) await notes.set(owner, 'key', index);
  for (const [index, owner] of owners.entries()) {
    expect(await notes.get(owner, 'key')).toBe(index);
    expect(await notes.keys(owner)).toEqual(['key']);
  }
});

test('refuses too many keys, workspaces and bytes; a replacement and a deletion count', async () => {
  const { notes } = start({ maxKeys: 2, maxWorkspaces: 1, maxTotalBytes: 20, maxValueBytes: 12 });
  const full = expect.objectContaining({ code: 'TOO_MANY_NOTES' });
  await notes.set(ada, 'a', '12345678');
  await expect(notes.set({ ...ada, workspace: 'two' }, 'a', 1)).rejects.toThrow(full);
  await notes.set(ada, 'b', '12345678');
  await expect(notes.set(ada, 'c', 1)).rejects.toThrow(full);
  await expect(notes.set(ada, 'b', '1234567890')).rejects.toThrow(full);
  await expect(notes.set(ada, 'b', '12345678901')).rejects.toMatchObject({ code: 'NOTE_TOO_LARGE' });
  expect(await notes.get(ada, 'b')).toBe('12345678');
  await notes.set(ada, 'a', 1);
  await notes.delete(ada, 'a');
  await notes.set(ada, 'c', 1);
  await notes.set({ principal: 'bob', workspace: 'any' }, 'a', 1);
  expect(await notes.keys(ada)).toEqual(['b', 'c']);
});

test('the count holds when many are written at once', async () => {
  const { notes } = start({ maxKeys: 5 });
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => notes.set(ada, `key ${index}`, index)),
  );
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
  expect(await notes.keys(ada)).toHaveLength(5);
});

test('notes go after their time, make room, and leave nothing behind', async () => {
  const { notes, clock, entries } = start({ maxKeys: 1, ttlMs: 100 });
  await notes.set(ada, 'a', 1);
  clock.now += 99;
  expect(await notes.get(ada, 'a')).toBe(1);
  clock.now += 1;
  expect(await notes.get(ada, 'a')).toBeUndefined();
  expect(await notes.keys(ada)).toEqual([]);
  await notes.set(ada, 'b', 1);
  await notes.delete(ada, 'b');
  await notes.delete(ada, 'a');
  expect(entries.size).toBe(0);
});

test('refuses keys and values that cannot be kept', async () => {
  const { notes } = start();
  for (const key of ['', 'x'.repeat(129), 'a\nb', '\u{d800}'])
    await expect(notes.set(ada, key, 1)).rejects.toMatchObject({ code: 'NOTE_KEY_INVALID' });
  await expect(notes.get({ ...ada, workspace: '' }, 'a')).rejects.toThrow(
    'A workspace has 1 to 128 characters',
  );
  await expect(notes.set(ada, 'a', undefined)).rejects.toMatchObject({ code: 'NOTE_VALUE_INVALID' });
  await notes.set(ada, '🎉'.repeat(64), 1);
});
