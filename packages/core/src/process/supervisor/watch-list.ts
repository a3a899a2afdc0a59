import { randomUUID } from 'node:crypto';
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What runs, in a file without a name that the watchdog inherits: it reads it once, when the server is dead. Telling
 * it over a pipe would wake it twice for each program, which costs a fifth of starting one.
 */
export interface WatchList {
  readonly fd: number;
  /** A program with this score is about to start. */
  expect(oomScore: number): void;
  /** It did not. */
  dismiss(oomScore: number | undefined): void;
  /** It, or one that was not expected, has started. */
  add(group: number, oomScore: number | undefined): void;
  remove(group: number): void;
  /** Whether nothing is left to be killed. */
  isEmpty(): boolean;
  close(): void;
}

/** Bytes of a line; a free one is blank. */
const LINE = 32;

/** @throws {Error} when no directory for temporary files can be written to. */
export function openWatchList(directories: readonly string[] = ['/dev/shm', tmpdir()]): WatchList {
  const fd = openUnnamed(directories);
  const lines = new Map<number, number>();
  const expected = new Map<number, number>();
  const free: number[] = [];
  const takeLine = () => free.pop() ?? lines.size + expected.size;
  const write = (line: number, text: string) => void writeSync(fd, `${text.padEnd(LINE - 1)}\n`, line * LINE);
  const clear = (map: Map<number, number>, key: number | undefined) => {
    const line = key === undefined ? undefined : map.get(key);
    if (key === undefined || line === undefined) return;
    write(line, '');
    map.delete(key);
    free.push(line);
  };
  return {
    fd,
    expect(oomScore) {
      const line = takeLine();
      expected.set(oomScore, line);
      write(line, `- ${oomScore}`);
    },
    dismiss: (oomScore) => clear(expected, oomScore),
    add(group, oomScore) {
      const line = (oomScore === undefined ? undefined : expected.get(oomScore)) ?? takeLine();
      if (oomScore !== undefined) expected.delete(oomScore);
      lines.set(group, line);
      write(line, `${group} ${oomScore ?? '-'}`);
    },
    remove: (group) => clear(lines, group),
    isEmpty: () => lines.size + expected.size === 0,
    close: () => closeSync(fd),
  };
}

function openUnnamed(directories: readonly string[]): number {
  const errors: unknown[] = [];
  for (const directory of directories) {
    const file = join(directory, `toolyard-${randomUUID()}`);
    try {
      const fd = openSync(file, 'wx+', 0o600);
      unlinkSync(file);
      return fd;
    } catch (error) {
      errors.push(error);
    }
  }
  throw new AggregateError(errors, `No temporary file could be made in ${directories.join(' or ')}.`);
}
