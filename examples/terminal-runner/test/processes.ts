import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, vi } from 'vitest';

/** Processes whose command line holds the text; those that have ended and wait for their parent do not count. */
export function processesWith(text: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const [state = ''] = /(?<=\) )\w/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      return state !== 'Z' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
    } catch {
      return false; // it has ended meanwhile
    }
  });
}

/** Waits until so many processes have the text in their command line. */
export async function waitForProcesses(text: string, count: number): Promise<void> {
  await vi.waitFor(() => expect(processesWith(text)).toHaveLength(count), { timeout: 10_000 });
}

/** The argument of a `sleep` that no other test starts, to recognise it among all processes. */
export function uniqueSeconds(): string {
  return String(randomInt(1_000_000, 1_000_000_000));
}
