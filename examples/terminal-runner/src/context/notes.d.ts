/** The part of Toolyard's `Store` that notes need. Any of its drivers fits. */
export interface NoteStore {
  get(key: string): Promise<unknown>;
  set(
    key: string,
    value: unknown,
    options?: {
      readonly ttlMs?: number | undefined;
    },
  ): Promise<void>;
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
/**
 * Keeps notes in a store. Writes of one principal wait for each other within this process; processes that share a store
 * can overrun the limits a little, never mix up notes.
 */
export declare function createNotes(store: NoteStore, options?: NotesOptions): Notes;
export {};
//# sourceMappingURL=notes.d.ts.map
