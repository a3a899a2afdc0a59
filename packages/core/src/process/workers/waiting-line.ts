import { abortError } from '../../abort.ts';
import { workerError } from './worker-errors.ts';

/** Who waits for a thread, first come, first served. */
export interface WaitingLine {
  /** How many have entered and not left. */
  readonly taken: number;
  readonly waiting: number;
  /**
   * Resolves when it is the caller's turn; `leave` has to follow.
   *
   * @throws {ToolError} `WORKER_BUSY`, or the reason of the signal.
   */
  enter(signal: AbortSignal | undefined): Promise<void>;
  leave(): void;
  /** To be called when there may be room. */
  advance(): void;
  refuseAll(error: Error): void;
}

interface Place {
  begin(): void;
  refuse(error: Error): void;
}

/** A line for a place where `hasRoom`; at most `maxQueue` wait. */
export function createWaitingLine({
  maxQueue,
  hasRoom,
}: {
  readonly maxQueue: number;
  readonly hasRoom: () => boolean;
}): WaitingLine {
  const places = new Set<Place>();
  let taken = 0;

  function advance(): void {
    for (const place of places) {
      if (!hasRoom()) return;
      taken++;
      place.begin();
    }
  }

  return {
    get taken() {
      return taken;
    },
    get waiting() {
      return places.size;
    },
    async enter(signal) {
      if (signal?.aborted) throw abortError(signal.reason);
      if (places.size === 0 && hasRoom()) {
        taken++;
        return;
      }
      if (places.size >= maxQueue) throw workerError.busy(places.size);
      await new Promise<void>((resolve, reject) => {
        const onAbort = () => place.refuse(abortError(signal?.reason));
        const place: Place = {
          begin: () => leaveLine(resolve),
          refuse: (error) => leaveLine(() => reject(error)),
        };
        function leaveLine(settle: () => void): void {
          places.delete(place);
          signal?.removeEventListener('abort', onAbort);
          settle();
        }
        signal?.addEventListener('abort', onAbort, { once: true });
        places.add(place);
      });
    },
    leave() {
      taken--;
      advance();
    },
    advance,
    refuseAll(error) {
      for (const place of places) place.refuse(error);
    },
  };
}
