import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';

/** Of two signals that come so close together the second is a copy: Ctrl-C reaches this process, and npm passes it on. */
const COPY_WITHIN_MS = 1_000;
/** How often to look whether npm is still there. */
const LOOK_EVERY_MS = 500;

/** Calls `end` on SIGTERM and SIGINT. A second one, from somebody who does not want to wait, ends the process at once. */
export function endOnSignals(end: () => void): void {
  let firstAt: number | undefined;
  const onSignal = () => {
    if (firstAt !== undefined && performance.now() - firstAt > COPY_WITHIN_MS) process.exit(1);
    firstAt ??= performance.now();
    end();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
}

/** Calls `reload` on SIGHUP, or `end` where it means that the terminal of this process was closed. */
export function onReload({ reload, end }: { reload: () => Promise<void>; end: () => void }): void {
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  process.on('SIGHUP', () => {
    if (terminals.some((descriptor) => !isatty(descriptor))) end();
    else void reload();
  });
}

/**
 * Calls `end` when npm, having started this process with `npm start`, is gone. Whoever kills npm kills at most the shell
 * it runs scripts in; without this the server would live on and keep its port.
 */
export function endWithNpm(end: () => void): void {
  if (process.env['npm_lifecycle_event'] !== 'start') return;
  const starters = whoStartedUs();
  const timer = setInterval(() => {
    if (whoStartedUs() === starters) return;
    clearInterval(timer);
    end();
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
