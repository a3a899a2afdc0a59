import { createHash } from 'node:crypto';
import { z } from 'zod';
import { TerminalError } from '../errors.ts';
import { createKeyLock } from './key-lock.ts';

/** The part of Toolyard's `Store` that notes need. Any of its drivers fits. */
export interface NoteStore {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown, options?: { readonly ttlMs?: number | undefined }): Promise<void>;
  delete(key: string): Promise<boolean>;
}

/** Whose notes: a principal sees only its own, and each workspace of it is apart. */
interface NoteOwner {
  /** One string for the principal, never shared by two. */
  readonly principal: string;
  readonly workspace: string;
}

/** Limits of notes; those on counts and sizes are for one principal. */
export interface NotesOptions {
  /** In all workspaces together. Default: 500. */
  readonly maxKeys?: number;
  /** In all workspaces together. Default: 1 MiB. */
  readonly maxTotalBytes?: number;
  /** Default: 20. */
  readonly maxWorkspaces?: number;
  /** As JSON. Default: 64 KiB. */
  readonly maxValueBytes?: number;
  /** Since a note was last written. Default: 30 days. */
  readonly ttlMs?: number;
  /** Default: `Date.now`. */
  readonly now?: () => number;
}

/** Notes that a model keeps between calls: JSON values by key. */
export interface Notes {
  /** The value, or `undefined` when there is none. */
  get(owner: NoteOwner, key: string): Promise<unknown>;
  /**
   * Creates or replaces.
   *
   * @throws {TerminalError} `NOTE_KEY_INVALID`, `NOTE_VALUE_INVALID`, `NOTE_TOO_LARGE` or `TOO_MANY_NOTES`.
   */
  set(owner: NoteOwner, key: string, value: unknown): Promise<void>;
  /** Whether there was something to delete. */
  delete(owner: NoteOwner, key: string): Promise<boolean>;
  /** The keys of one workspace, sorted. */
  keys(owner: NoteOwner): Promise<string[]>;
}

/** What a principal has, in one record: the store itself cannot list or count. */
const indexSchema = z.object({
  notes: z.array(
    z.object({ workspace: z.string(), key: z.string(), bytes: z.number(), expiresAt: z.number() }),
  ),
});

type Index = z.output<typeof indexSchema>;
type IndexEntry = Index['notes'][number];

/**
 * Keeps notes in a store. Writes of one principal wait for each other within this process; processes that share a store
 * can overrun the limits a little, never mix up notes.
 */
export function createNotes(store: NoteStore, options: NotesOptions = {}): Notes {
  const {
    maxKeys = 500,
    maxTotalBytes = 1024 * 1024,
    maxWorkspaces = 20,
    maxValueBytes = 64 * 1024,
    ttlMs = 30 * 24 * 60 * 60 * 1_000,
    now = Date.now,
  } = options;
  const lock = createKeyLock();

  async function readIndex(principal: string): Promise<IndexEntry[]> {
    // Absent before the first note, and when the store made room.
    const index = indexSchema.optional().parse(await store.get(indexKey(principal)));
    return index?.notes.filter(({ expiresAt }) => expiresAt > now()) ?? [];
  }

  async function writeIndex(principal: string, notes: IndexEntry[]): Promise<void> {
    if (notes.length === 0) await store.delete(indexKey(principal));
    else await store.set(indexKey(principal), { notes } satisfies Index, { ttlMs });
  }

  function assertRoom(notes: readonly IndexEntry[]): void {
    const bytes = notes.reduce((sum, note) => sum + note.bytes, 0);
    const workspaces = new Set(notes.map(({ workspace }) => workspace)).size;
    if (notes.length <= maxKeys && bytes <= maxTotalBytes && workspaces <= maxWorkspaces) return;
    throw new TerminalError(
      'TOO_MANY_NOTES',
      `There is room for ${maxKeys} notes in ${maxWorkspaces} workspaces with ${maxTotalBytes} bytes in all; delete some first.`,
    );
  }

  return {
    async get(owner, key) {
      assertKeys(owner, key);
      return store.get(noteKey(owner, key));
    },
    async set(owner, key, value) {
      assertKeys(owner, key);
      const bytes = jsonBytes(value);
      if (bytes > maxValueBytes)
        throw new TerminalError('NOTE_TOO_LARGE', `A note has at most ${maxValueBytes} bytes as JSON.`);
      await lock.run(owner.principal, async () => {
        const others = without(await readIndex(owner.principal), owner, key);
        const entry = { workspace: owner.workspace, key, bytes, expiresAt: now() + ttlMs };
        assertRoom([...others, entry]);
        // The index first: after a crash in between it counts too much, never too little.
        await writeIndex(owner.principal, [...others, entry]);
        await store.set(noteKey(owner, key), value, { ttlMs });
      });
    },
    async delete(owner, key) {
      assertKeys(owner, key);
      return lock.run(owner.principal, async () => {
        const existed = await store.delete(noteKey(owner, key));
        await writeIndex(owner.principal, without(await readIndex(owner.principal), owner, key));
        return existed;
      });
    },
    async keys(owner) {
      assertKeys(owner, 'any');
      const notes = await readIndex(owner.principal);
      return notes
        .filter(({ workspace }) => workspace === owner.workspace)
        .map(({ key }) => key)
        .toSorted();
    },
  };
}

function without(notes: readonly IndexEntry[], { workspace }: NoteOwner, key: string): IndexEntry[] {
  return notes.filter((note) => note.key !== key || note.workspace !== workspace);
}

function assertKeys({ workspace }: NoteOwner, key: string): void {
  for (const [what, text] of [
    ['workspace', workspace],
    ['key', key],
  ] as const)
    if (!/^[^\p{Cc}\p{Cs}]{1,128}$/u.test(text))
      throw new TerminalError(
        'NOTE_KEY_INVALID',
        `A ${what} has 1 to 128 characters and no control characters.`,
      );
}

function jsonBytes(value: unknown): number {
  // Not JSON at all (a function, undefined) gives undefined, which the types leave out.
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TerminalError('NOTE_VALUE_INVALID', 'A note is a JSON value.');
  return Buffer.byteLength(text);
}

// Hashed, because stores limit the length of keys and principals have any; JSON keeps the parts apart.
function noteKey({ principal, workspace }: NoteOwner, key: string): string {
  return `note:${digest([principal, workspace, key])}`;
}

function indexKey(principal: string): string {
  return `notes:${digest([principal])}`;
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
