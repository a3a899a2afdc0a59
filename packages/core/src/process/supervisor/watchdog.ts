import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Logger } from '../../logger.ts';
import { openWatchList, type WatchList } from './watch-list.ts';
import { WATCHDOG_SCRIPT } from './watchdog-script.ts';

/**
 * A process that waits for the death of this one, however it dies, and then kills what a supervisor had running. It
 * has a session of its own, so it does not die with the group of the server, and costs one idle shell.
 */
export interface Watchdog {
  /** Makes sure that it runs. To be called before a program is started, or that one may outlive us. */
  start(): void;
  /** Kill what carries this score, when we are gone: it is about to start. */
  expect(oomScore: number): void;
  /** It did not start. */
  dismiss(oomScore: number | undefined): void;
  /** Kill this group, and what carries the score, when we are gone. */
  watch(group: number, oomScore: number | undefined): void;
  /** It has ended; forget it. */
  forget(group: number): void;
  /** Ends the watchdog. What it still watches then could not be ended in time: it kills that first, while nobody waits. */
  stop(): Promise<void>;
}

/**
 * @param shell - a POSIX shell.
 * @param variable - the beginning of `NAME=value` that all marked processes have in their environment.
 */
export function createWatchdog({
  shell,
  variable,
  logger,
}: {
  readonly shell: string;
  readonly variable: string;
  readonly logger: Logger;
}): Watchdog {
  let list: WatchList | undefined;
  let child: ChildProcess | undefined;
  let failed = false;

  function startShell(): void {
    list ??= openWatchList();
    const started = spawn(shell, ['-c', WATCHDOG_SCRIPT, 'toolyard-watchdog', variable], {
      detached: true,
      cwd: '/',
      env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
      stdio: ['pipe', 'ignore', 'ignore', list.fd],
    });
    child = started;
    // Whoever ends it: the next program gets a new one.
    started.once('exit', () => {
      if (child === started) child = undefined;
    });
    started.once('error', (error) => {
      if (child === started) child = undefined;
      fail(error);
    });
    started.stdin?.on('error', () => {});
    // It must not keep the server alive.
    started.unref();
    (started.stdin as Partial<Socket> | null)?.unref?.();
  }

  function fail(err: unknown): void {
    const { code = '' } = err as NodeJS.ErrnoException;
    // What the machine has no room for now it may have for the next program.
    failed = !['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE'].includes(code);
    logger.error({ err }, 'No watchdog: programs may outlive this server if it is killed.');
  }

  return {
    start() {
      if (child || failed) return;
      try {
        startShell();
      } catch (error) {
        fail(error);
      }
    },
    expect: (oomScore) => list?.expect(oomScore),
    dismiss: (oomScore) => list?.dismiss(oomScore),
    watch: (group, oomScore) => list?.add(group, oomScore),
    forget: (group) => list?.remove(group),
    async stop() {
      const stopping = child;
      if (stopping?.pid !== undefined && stopping.exitCode === null && stopping.signalCode === null) {
        if (list?.isEmpty() === false) stopping.stdin?.end();
        else {
          stopping.ref();
          stopping.stdin?.write('stop\n');
          await once(stopping, 'exit');
        }
      }
      list?.close();
      list = undefined;
    },
  };
}
