import { ToolError } from '../../errors.ts';

/** Places for running processes, in total and by owner. */
export class ProcessQuota {
  readonly #maxProcesses: number;
  readonly #maxPerOwner: number;
  readonly #byOwner = new Map<string, number>();
  #taken = 0;

  constructor(limits: { readonly maxProcesses: number; readonly maxPerOwner: number }) {
    this.#maxProcesses = limits.maxProcesses;
    this.#maxPerOwner = limits.maxPerOwner;
  }

  /**
   * Takes a place.
   *
   * @param running - what the owner has running, for the message; nobody hears of what others run.
   * @returns gives the place back.
   * @throws {ToolError} `TOO_MANY_PROCESSES`
   */
  take(owner: string, running: () => readonly { readonly id: string; readonly label: string }[]): () => void {
    const own = this.#byOwner.get(owner) ?? 0;
    if (own >= this.#maxPerOwner || this.#taken >= this.#maxProcesses) {
      const isOwn = own >= this.#maxPerOwner;
      const limit = isOwn ? this.#maxPerOwner : this.#maxProcesses;
      const processes = running().map(({ id, label }) => ({ id, label }));
      const list = processes.map(({ id, label }) => `${label} (${id})`).join(', ');
      throw new ToolError(
        'TOO_MANY_PROCESSES',
        `${isOwn ? `You may run ${limit} processes` : `This server runs ${limit} processes`} at the same time, and so many are running. ` +
          `Yours: ${list || 'none'}. ${list ? 'Wait for one or end one' : 'Try again later'}.`,
        { data: { limit, scope: isOwn ? 'owner' : 'server', running: processes } },
      );
    }
    this.#taken++;
    this.#byOwner.set(owner, own + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#taken--;
      const left = (this.#byOwner.get(owner) ?? 1) - 1;
      if (left === 0) this.#byOwner.delete(owner);
      else this.#byOwner.set(owner, left);
    };
  }
}
