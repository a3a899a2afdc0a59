import type { Clock, Timer } from '../../clock.ts';
import { artifactNotFound, artifactQuota } from './artifact-errors.ts';
import type { ArtifactChange, ArtifactInfo } from './artifact-store.ts';
import { lineIndex, type LineIndex } from './line-index.ts';

/** What a store knows of one artifact. */
export interface ArtifactRecord extends ArtifactFacts {
  /** Counts up with each use, so that the one unused for longest is known. */
  usedAt: number;
  /** What can be read. */
  bytes: number;
  /** That, and what is about to be written. */
  reservedBytes: number;
  isComplete: boolean;
  readonly index: LineIndex;
}

interface ArtifactFacts {
  readonly id: string;
  readonly owner: string;
  readonly name: string | undefined;
  readonly mimeType: string;
  readonly createdAt: number;
  expiresAt: number;
}

/** Bounds of a store. */
interface ArtifactLimits {
  readonly maxBytes: number;
  readonly maxBytesPerOwner: number;
  readonly maxArtifacts: number;
  readonly maxArtifactsPerOwner: number;
}

/** The records of a store: who may see which, what has to go when, and who hears of it. */
export interface ArtifactShelf {
  add(facts: ArtifactFacts): ArtifactRecord;
  has(record: ArtifactRecord): boolean;
  /** @throws {ToolError} `ARTIFACT_NOT_FOUND` */
  find(owner: string, id: string): ArtifactRecord;
  list(owner: string): readonly ArtifactRecord[];
  /**
   * Lets complete artifacts go until there is room: expired ones, then the owner's own, then those of others.
   *
   * @throws {ToolError} `ARTIFACT_QUOTA`
   */
  makeRoom(owner: string, needed: { readonly bytes: number; readonly artifacts: number }): void;
  /** Notes that it is in use. */
  touch(record: ArtifactRecord): void;
  remove(record: ArtifactRecord): void;
  tell(kind: ArtifactChange['kind'], record: ArtifactRecord): void;
  onChange(listener: (change: ArtifactChange) => void): () => void;
  /** Takes everything off, and tells nobody. */
  clear(): readonly ArtifactRecord[];
}

export interface ArtifactShelfOptions extends ArtifactLimits {
  readonly clock: Clock;
  /** Called for each record that goes, for whatever reason. */
  readonly onRemove: (record: ArtifactRecord) => void;
}

export function artifactShelf({ clock, onRemove, ...limits }: ArtifactShelfOptions): ArtifactShelf {
  const records = new Map<string, ArtifactRecord>();
  const listeners = new Set<(change: ArtifactChange) => void>();
  let uses = 0;
  let timer: Timer | undefined;

  function makeRoom(owner: string, needed: { readonly bytes: number; readonly artifacts: number }): void {
    sweep();
    if (needed.bytes > Math.min(limits.maxBytes, limits.maxBytesPerOwner))
      throw artifactQuota('it is too large');
    for (let excess = findExcess(owner, needed); excess; excess = findExcess(owner, needed)) {
      const next = nextToGo(owner, excess.isOwn);
      if (!next) throw artifactQuota(excess.limit);
      remove(next);
    }
  }

  function findExcess(owner: string, needed: { readonly bytes: number; readonly artifacts: number }) {
    const own = { ...needed };
    const all = { ...needed };
    for (const record of records.values()) {
      for (const sum of record.owner === owner ? [own, all] : [all]) {
        sum.bytes += record.reservedBytes;
        sum.artifacts += 1;
      }
    }
    const { maxBytes, maxBytesPerOwner, maxArtifacts, maxArtifactsPerOwner } = limits;
    if (own.bytes > maxBytesPerOwner)
      return { isOwn: true, limit: `each caller has ${maxBytesPerOwner} bytes` };
    if (own.artifacts > maxArtifactsPerOwner)
      return { isOwn: true, limit: `each caller has ${maxArtifactsPerOwner} artifacts` };
    if (all.bytes > maxBytes) return { isOwn: false, limit: `the server keeps ${maxBytes} bytes` };
    if (all.artifacts > maxArtifacts)
      return { isOwn: false, limit: `the server keeps ${maxArtifacts} artifacts` };
    return undefined;
  }

  /** Complete, the owner's own before those of others, unused for longest. */
  function nextToGo(owner: string, isOwn: boolean): ArtifactRecord | undefined {
    let found: ArtifactRecord | undefined;
    for (const record of records.values()) {
      if (!record.isComplete || (isOwn && record.owner !== owner)) continue;
      const isMine = record.owner === owner;
      const isFoundMine = found?.owner === owner;
      if (!found || (isMine && !isFoundMine) || (isMine === isFoundMine && record.usedAt < found.usedAt))
        found = record;
    }
    return found;
  }

  function sweep(): void {
    const now = clock.now();
    for (const record of records.values()) if (record.expiresAt <= now) remove(record);
  }

  function wakeForNext(): void {
    if (timer || records.size === 0) return;
    let next = Infinity;
    for (const { expiresAt } of records.values()) next = Math.min(next, expiresAt);
    timer = clock.after(Math.max(1, next - clock.now()), () => {
      timer = undefined;
      sweep();
      wakeForNext();
    });
  }

  function remove(record: ArtifactRecord): void {
    if (!records.delete(record.id)) return;
    onRemove(record);
    tell('removed', record);
  }

  function tell(kind: ArtifactChange['kind'], { owner, id }: ArtifactRecord): void {
    for (const listener of listeners) {
      try {
        listener({ kind, owner, id });
      } catch {
        // A listener that throws harms nobody.
      }
    }
  }

  return {
    add(facts) {
      const record: ArtifactRecord = {
        ...facts,
        usedAt: ++uses,
        bytes: 0,
        reservedBytes: 0,
        isComplete: false,
        index: lineIndex(),
      };
      records.set(record.id, record);
      wakeForNext();
      return record;
    },
    has: (record) => records.has(record.id),
    find(owner, id) {
      sweep();
      const record = records.get(id);
      if (record?.owner !== owner) throw artifactNotFound(id);
      record.usedAt = ++uses;
      return record;
    },
    list(owner) {
      sweep();
      return [...records.values()].filter((record) => record.owner === owner);
    },
    makeRoom,
    touch(record) {
      record.usedAt = ++uses;
    },
    remove,
    tell,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    clear() {
      timer?.cancel();
      const all = [...records.values()];
      records.clear();
      listeners.clear();
      return all;
    },
  };
}

export function infoOf(record: ArtifactRecord): ArtifactInfo {
  const { id, name, mimeType, bytes, index, isComplete, createdAt, expiresAt } = record;
  return { id, name, mimeType, bytes, lines: index.lines, isComplete, createdAt, expiresAt };
}
