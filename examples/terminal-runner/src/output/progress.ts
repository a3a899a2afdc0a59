import type { Call, Timer } from '@toolyard/core';

/** Tells a client how a run goes. */
export interface ProgressReporter {
  add(text: string): void;
  /** Where all of the output can be read. */
  name(uri: string): void;
  end(): void;
}

/** Messages are this far apart at least, and, when nothing is written, at most. */
const EVERY_MS = 250;
const SILENT_MS = 10_000;
const MAX_TEXT_BYTES = 900;

/**
 * Passes output on as progress: four messages a second at most, each with the end of what was written. A silent program
 * is reported every ten seconds, so that nobody takes it for dead. The progress is the time in milliseconds.
 */
export function progressReporter({ clock, progress }: Pick<Call, 'clock' | 'progress'>): ProgressReporter {
  const started = clock.monotonic();
  let uri: string | undefined;
  let bytes = 0;
  let recent = '';
  let hasNews = false;
  let isResting = false;
  let timer: Timer | undefined = clock.after(SILENT_MS, send);

  function send(): void {
    timer?.cancel();
    const where = uri === undefined ? '' : `, all of it in ${uri}`;
    const message = `${bytes} bytes${where}\n${lastOf(recent)}`;
    progress({ progress: Math.max(1, Math.round(clock.monotonic() - started)), message });
    hasNews = false;
    isResting = true;
    timer = clock.after(EVERY_MS, rested);
  }

  function rested(): void {
    isResting = false;
    if (hasNews) send();
    else timer = clock.after(SILENT_MS, send);
  }

  function tell(): void {
    hasNews = true;
    if (!isResting) send();
  }

  return {
    add(text) {
      bytes += Buffer.byteLength(text);
      recent = (recent + text.slice(-MAX_TEXT_BYTES)).slice(-MAX_TEXT_BYTES);
      tell();
    },
    name(all) {
      uri = all;
      tell();
    },
    end() {
      timer?.cancel();
      timer = undefined;
    },
  };
}

function lastOf(text: string): string {
  const bytes = Buffer.from(text).subarray(-MAX_TEXT_BYTES);
  return bytes.toString().replace(/^\ufffd+/, '');
}
