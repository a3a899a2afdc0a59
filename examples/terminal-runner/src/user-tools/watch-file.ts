import { watch, type FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock, Logger, Timer } from '@toolyard/core';

/** How long after a change, and how far apart, the file is looked at. */
const LOOK_MS = 100;
/** The same while there is no file: its directory may be another one when it comes back. */
const MISSING_MS = 2_000;

const MISSING = 'missing';

/** What `watchFile` needs. */
export interface WatchFileOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when the file has changed, or is gone, and is the same at two looks: nobody is writing it any more. */
  readonly onChange: () => void;
}

/**
 * Watches a file through its directory, because editors put a new file in the place of the old one.
 *
 * @returns once changes from then on are noticed. The function ends it.
 */
export async function watchFile(path: string, options: WatchFileOptions): Promise<() => void> {
  const { clock, logger, onChange } = options;
  let watcher: FSWatcher | undefined;
  let timer: Timer | undefined;
  let isClosed = false;
  let wasNoticed = false;
  let known: string;
  let candidate: string | undefined;

  function openWatcher(): void {
    watcher?.close();
    try {
      watcher = watch(dirname(path), { persistent: false }, notice);
      watcher.on('error', cannotWatch);
    } catch (error) {
      cannotWatch(error);
    }
  }

  function cannotWatch(err: unknown): void {
    logger.warn({ err, path }, 'Changes of this file are not noticed; send SIGHUP to have it read again.');
  }

  function notice(): void {
    wasNoticed = true;
    lookIn(LOOK_MS);
  }

  function lookIn(delayMs: number): void {
    if (!isClosed) timer ??= clock.after(delayMs, () => void look());
  }

  async function look(): Promise<void> {
    wasNoticed = false;
    const now = await fingerprint(path);
    timer = undefined;
    if (isClosed) return;
    if (now !== known && now === candidate) {
      if (known === MISSING) openWatcher();
      known = now;
      onChange();
    }
    candidate = now;
    if (now !== known || wasNoticed) lookIn(LOOK_MS);
    else if (now === MISSING) lookIn(MISSING_MS);
  }

  openWatcher();
  known = await fingerprint(path);
  return function stop() {
    isClosed = true;
    timer?.cancel();
    watcher?.close();
  };
}

async function fingerprint(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return MISSING;
  }
}
