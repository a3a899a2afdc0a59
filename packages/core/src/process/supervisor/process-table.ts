import type { Clock, Timer } from '../../clock.ts';
import { ToolError } from '../../errors.ts';
import type { SupervisedProcess } from './supervised-process.ts';

/** The processes that can be asked for: those that run, and for a while those that have ended. */
export class ProcessTable {
  readonly #clock: Clock;
  readonly #keepExitedMs: number;
  readonly #maxKept: number;
  readonly #entries = new Map<string, { readonly owner: string; readonly process: SupervisedProcess }>();
  /** Ended ones, oldest first. */
  readonly #kept = new Map<string, Timer>();

  constructor(options: { readonly clock: Clock; readonly keepExitedMs: number; readonly maxKept: number }) {
    this.#clock = options.clock;
    this.#keepExitedMs = options.keepExitedMs;
    this.#maxKept = options.maxKept;
  }

  add(owner: string, process: SupervisedProcess): void {
    this.#entries.set(process.id, { owner, process });
  }

  /** @throws {ToolError} `PROCESS_NOT_FOUND`, for a foreign id in the words for an unknown one. */
  get(id: string, owner: string): SupervisedProcess {
    const entry = this.#entries.get(id);
    if (entry?.owner === owner && isListed(entry.process)) return entry.process;
    throw new ToolError(
      'PROCESS_NOT_FOUND',
      `There is no process ${JSON.stringify(id.slice(0, 100))}. It may have ended a while ago; list the processes to see those there are.`,
    );
  }

  /** Oldest first. */
  of(owner: string): SupervisedProcess[] {
    return this.all().filter(
      (process) => this.#entries.get(process.id)?.owner === owner && isListed(process),
    );
  }

  all(): SupervisedProcess[] {
    return Array.from(this.#entries.values(), ({ process }) => process);
  }

  /** Keeps an ended process for a while, then has it forgotten. */
  keep(process: SupervisedProcess): void {
    this.#kept.set(
      process.id,
      this.#clock.after(this.#keepExitedMs, () => void process.forget()),
    );
    if (this.#kept.size > this.#maxKept) this.#forgetOne();
  }

  remove(id: string): void {
    this.#kept.get(id)?.cancel();
    this.#kept.delete(id);
    this.#entries.delete(id);
  }

  /** The oldest of the owner who has most of them, so that nobody can push out what others keep. */
  #forgetOne(): void {
    const byOwner = new Map<string, string[]>();
    for (const id of this.#kept.keys()) {
      const owner = this.#entries.get(id)?.owner ?? '';
      byOwner.set(owner, [...(byOwner.get(owner) ?? []), id]);
    }
    const [oldest] = [...byOwner.values()].toSorted((a, b) => b.length - a.length)[0] ?? [];
    if (oldest !== undefined) void this.#entries.get(oldest)?.process.forget();
  }
}

// What ended in the foreground is kept for the sake of its output file only.
function isListed(process: SupervisedProcess): boolean {
  return process.isBackground || !process.hasExited;
}
