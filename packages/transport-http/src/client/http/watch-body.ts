import type { Clock, Timer } from '@toolyard/core';

import { ClientError } from '../errors.ts';

/** How a stream is watched. */
export interface BodyWatch {
  readonly clock: Clock;
  /** Silence after which {@link isDead} is asked. */
  readonly silenceMs: number;
  /** Whether a silent stream is to be cut; asked again after another `silenceMs` if not. */
  readonly isDead: () => boolean | Promise<boolean>;
  readonly onBytes: (chunk: Uint8Array) => void;
  /** It is over: `error` where it broke or was cut. Not called when its reader lets go of it. */
  readonly onEnd: (error: unknown) => void;
}

/** A stream of the same bytes that fails once nothing has come for too long: half-open connections never end. */
export function watchBody(body: ReadableStream<Uint8Array>, watch: BodyWatch): ReadableStream<Uint8Array> {
  const { clock, silenceMs } = watch;
  const reader = body.getReader();
  let lastAt = clock.monotonic();
  let timer: Timer;
  let over = false;

  function finish(): boolean {
    if (over) return false;
    over = true;
    timer.cancel();
    return true;
  }

  function schedule(controller: ReadableStreamDefaultController<Uint8Array>, delayMs: number): void {
    timer = clock.after(delayMs, () => void check(controller));
  }

  // One timer that looks at the time of the last byte: nothing is set anew for every chunk.
  async function check(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const quietMs = clock.monotonic() - lastAt;
    if (quietMs < silenceMs) return schedule(controller, silenceMs - quietMs);
    const dead = await watch.isDead();
    if (over) return;
    if (!dead || clock.monotonic() - lastAt < silenceMs) return schedule(controller, silenceMs);
    finish();
    const error = new ClientError('CONNECTION_LOST', `Nothing came down the stream for ${silenceMs} ms.`, {
      mayHaveRun: true,
    });
    controller.error(error);
    reader.cancel(error).catch(() => {});
    watch.onEnd(error);
  }

  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => schedule(controller, silenceMs),
      async pull(controller) {
        try {
          const { value, done } = await reader.read();
          if (over) return;
          if (done) {
            finish();
            controller.close();
            watch.onEnd(undefined);
            return;
          }
          lastAt = clock.monotonic();
          watch.onBytes(value);
          controller.enqueue(value);
        } catch (error) {
          if (!finish()) return;
          controller.error(error);
          watch.onEnd(error);
        }
      },
      async cancel(reason) {
        finish();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
