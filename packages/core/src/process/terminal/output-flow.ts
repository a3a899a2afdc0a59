import type { Clock, Timer } from '../../clock.ts';
import type { Pty } from './pty.ts';
import type { Screen } from './screen.ts';

const HIGH = 128 * 1024;
const LOW = 32 * 1024;
/** A flood gets about 2.5 million characters per second: nobody reads faster, and interpreting costs the server. */
const PAUSE_MS = 50;

/** Brings what a program writes to the screen, and makes the program wait where it writes faster than that. */
export interface OutputFlow {
  /** Resolves once everything up to now is on the screen. */
  drained(): Promise<void>;
  stop(): void;
}

/** @param onShown - called whenever something new is on the screen. */
export function showOutput(
  pty: Pty,
  screen: Screen,
  { clock, onOutput, onShown }: { clock: Clock; onOutput: () => void; onShown: () => void },
): OutputFlow {
  const waiting = new Set<() => void>();
  let pending = 0;
  let pausing: Timer | undefined;

  pty.onData((text) => {
    onOutput();
    pending += text.length;
    screen.write(text, () => {
      pending -= text.length;
      onShown();
      if (pending > 0) return;
      for (const resolve of waiting) resolve();
      waiting.clear();
    });
    if (pending <= HIGH || pausing) return;
    pty.pause();
    pausing = clock.after(PAUSE_MS, goOn);
  });

  function goOn(): void {
    if (pending > LOW) {
      pausing = clock.after(PAUSE_MS, goOn);
      return;
    }
    pausing = undefined;
    pty.resume();
  }

  return {
    drained: () => new Promise((resolve) => (pending === 0 ? resolve() : waiting.add(resolve))),
    stop: () => pausing?.cancel(),
  };
}
