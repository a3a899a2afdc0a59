import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';

/** Of two Ctrl-C so close together the second is a copy: the terminal sends one to this process, and npm passes its own on. */
const COPY_WITHIN_MS = 1_000;
/** How often to look whether npm is still there. */
const LOOK_EVERY_MS = 500;

/** Ends the server. Only the first call counts. */
type End = (reason: string) => void;

/** Calls `end` on SIGTERM and SIGINT. A second Ctrl-C, from somebody who does not want to wait, ends the process at once. */
export function endOnSignals(end: End): void {
  let interruptedAt = Infinity;
  process.on('SIGTERM', end);
  process.on('SIGINT', (signal) => {
    if (performance.now() - interruptedAt > COPY_WITHIN_MS) process.exit(1);
    interruptedAt = Math.min(interruptedAt, performance.now());
    end(signal);
  });
}

/** Calls `reload` on SIGHUP, but `end` where the signal says that the terminal of this process was closed. */
export function reloadOnHangup(reload: () => Promise<void>, end: End): void {
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  process.on('SIGHUP', () => {
    if (terminals.every((descriptor) => isatty(descriptor))) void reload();
    else end('the terminal is closed');
  });
}

/**
 * Calls `end` when npm, having started this process with `npm start`, is gone. Whoever kills npm kills at most the shell
 * it runs scripts in; without this the server would live on and keep its port.
 */
export function endWithNpm(end: End): void {
  if (process.env['npm_lifecycle_event'] !== 'start') return;
  const starters = whoStartedUs();
  const timer = setInterval(() => {
    if (whoStartedUs() === starters) return;
    clearInterval(timer);
    end('npm is gone');
  }, LOOK_EVERY_MS);
  timer.unref();
}

/** The parent, and npm behind it, where the parent is the shell. An orphan gets another parent. */
function whoStartedUs(): string {
  const parent = process.ppid;
  try {
    // "pid (name) state parent …". Where there is no /proc, a shell that outlives npm goes unnoticed.
    const status = readFileSync(`/proc/${parent}/stat`, 'latin1');
    const [, npm] = /^\d+ \((?:ba|da|z)?sh\) \S (\d+)/.exec(status) ?? [];
    return `${parent} ${npm}`;
  } catch {
    return String(parent);
  }
}
