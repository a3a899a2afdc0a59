import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import type { LineMatcher } from './search-query.ts';

/** One line that matches. */
export interface FileMatch {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** Of the first match in the line, in characters from 1; absent far out in a very long line. */
  readonly column?: number;
  /** The line; of a long one the part around the match. */
  readonly text: string;
  readonly before?: readonly string[];
  readonly after?: readonly string[];
}

/** Collects matches within limits. */
export interface MatchCollector {
  readonly matches: readonly FileMatch[];
  /** Which limit was reached; then nothing more is collected. */
  stoppedBy(): 'matches' | 'bytes' | 'time' | undefined;
  /** Collects the matching lines of a text. */
  scan(path: string, text: string): Promise<void>;
}

/** What to collect and how much. */
export interface CollectorOptions {
  readonly query: LineMatcher;
  readonly contextLines: number;
  readonly maxMatches: number;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

const MAX_SHOWN = 400;
/** How long lines are matched before others on this thread get their turn. */
const TURN_MS = 8;
/** How many characters are matched between two looks at the clock. */
const STRIDE = 32_768;

/** Starts the time. */
export function collectMatches(options: CollectorOptions): MatchCollector {
  const { query, contextLines, maxMatches, maxBytes, clock, signal } = options;
  const matches: FileMatch[] = [];
  const endsAt = clock.monotonic() + options.timeoutMs;
  let turnEndsAt = clock.monotonic() + TURN_MS;
  let stopped: 'matches' | 'bytes' | 'time' | undefined;
  let bytes = 0;

  async function takeTurns(): Promise<void> {
    const now = clock.monotonic();
    if (now >= endsAt) stopped ??= 'time';
    if (now < turnEndsAt) return;
    await setImmediate();
    signal?.throwIfAborted();
    turnEndsAt = clock.monotonic() + TURN_MS;
  }

  function add(path: string, lines: readonly string[], index: number): void {
    const line = lines[index]!;
    const at = query.indexIn(line);
    const around = (from: number, to: number): string[] =>
      lines.slice(Math.max(0, from), to).map((text) => shown(text, 0));
    const match: FileMatch = {
      path,
      line: index + 1,
      ...(at !== -1 && { column: at + 1 }),
      text: shown(line, at),
      ...(contextLines > 0 && {
        before: around(index - contextLines, index),
        after: around(index + 1, index + 1 + contextLines),
      }),
    };
    const size = Buffer.byteLength(JSON.stringify(match));
    if (matches.length === maxMatches) stopped = 'matches';
    else if (bytes + size > maxBytes) stopped = 'bytes';
    else {
      bytes += size;
      matches.push(match);
    }
  }

  return {
    matches,
    stoppedBy: () => stopped,
    async scan(path, text) {
      const lines = text.split(/\r?\n/);
      if (lines.at(-1) === '') lines.pop();
      let characters = 0;
      for (const [index, line] of lines.entries()) {
        if (query.matches(line)) add(path, lines, index);
        if (stopped) return;
        characters += line.length;
        if (characters < STRIDE) continue;
        characters = 0;
        await takeTurns();
      }
      await takeTurns();
    },
  };
}

/** A long line is shown from a little before its match. */
function shown(line: string, at: number): string {
  if (line.length <= MAX_SHOWN) return line;
  const start = Math.max(0, Math.min(at - MAX_SHOWN / 4, line.length - MAX_SHOWN));
  const end = start + MAX_SHOWN;
  return `${start > 0 ? '…' : ''}${line.slice(start, end).toWellFormed()}${end < line.length ? '…' : ''}`;
}
