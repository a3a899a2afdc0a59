import { setImmediate as nextTurn } from 'node:timers/promises';
import { orAborted } from '../../abort.ts';
import type { Clock, Timer } from '../../clock.ts';
import { ToolError } from '../../errors.ts';
import { positiveMs } from '../../options.ts';
import type { ProcessExit, WaitOptions, WaitResult, WaitUntil } from './managed-process.ts';
import type { RecentText } from './recent-text.ts';

/** What a wait looks at. */
export interface Watched {
  readonly clock: Clock;
  readonly recent: RecentText;
  readonly exited: Promise<ProcessExit>;
  /** Calls `listener` after every piece of output, until the returned function is called. */
  onOutput(listener: () => void): () => void;
}

type Outcome = { reason: 'matched'; line: string; position: number } | { reason: 'idle' | 'timedOut' };

/** {@link ManagedProcess.wait} */
export async function waitFor(
  watched: Watched,
  until: WaitUntil,
  { timeoutMs, signal }: WaitOptions,
): Promise<WaitResult> {
  const { clock, recent } = watched;
  positiveMs('timeoutMs', timeoutMs);
  const find = 'match' in until ? await finder(until.match, until.from ?? 0) : undefined;
  const timers: Timer[] = [];
  let stop: (() => void) | undefined;
  let rest: NodeJS.Timeout | undefined;
  const happened = new Promise<Outcome>((resolve) => {
    timers.push(clock.after(timeoutMs, () => resolve({ reason: 'timedOut' })));
    if (find) {
      let isLooking = false;
      let mayBeUnfinished = false;
      const look = async () => {
        if (isLooking) return;
        isLooking = true;
        const match = await find(recent);
        isLooking = false;
        if (match && (match.isFinished || mayBeUnfinished)) resolve(matched(match));
        // The rest of a line mostly follows at once; that of a prompt never does.
        else if (match) rest ??= setTimeout(takeUnfinished, LINE_REST_MS);
      };
      const takeUnfinished = () => {
        mayBeUnfinished = true;
        void look();
      };
      stop = watched.onOutput(() => void look());
      void look();
    } else if ('idleMs' in until) {
      const idleMs = positiveMs('idleMs', until.idleMs);
      let lastOutput = clock.monotonic();
      stop = watched.onOutput(() => (lastOutput = clock.monotonic()));
      const check = () => {
        const leftMs = idleMs - (clock.monotonic() - lastOutput);
        if (leftMs <= 0) resolve({ reason: 'idle' });
        else timers[1] = clock.after(leftMs, check);
      };
      timers.push(clock.after(idleMs, check));
    }
  });
  const exited = watched.exited.then(async (exit) => {
    // Its last words count: the exit is told after all output.
    const match = await find?.(recent);
    return match ? matched(match) : { reason: 'exited' as const, exit };
  });
  try {
    const first = Promise.race([happened, exited]);
    const outcome = await (signal ? orAborted(signal, first) : first);
    return { position: recent.end, ...outcome };
  } finally {
    stop?.();
    clearTimeout(rest);
    for (const timer of timers) timer.cancel();
  }
}

interface Match {
  readonly line: string;
  readonly position: number;
  /** Whether all of the line is there. */
  readonly isFinished: boolean;
}

function matched({ line, position }: Match) {
  return { reason: 'matched' as const, line, position };
}

/** Of the system, not of the clock: nothing a fake clock could speed up. */
const LINE_REST_MS = 50;

/** Longer unfinished lines are not looked at again from their start. */
const MAX_LINE = 8 * 1024;
const MAX_SHOWN = 1_000;
const MAX_PATTERN = 1_000;
/** Linear time is the size of the expression times that of the text: this keeps a turn short. */
const MAX_PROGRAM = 300;
const SLICE = 16 * 1024;

/** Looks at every character once, but for the unfinished line at the end. */
async function finder(
  pattern: string,
  from: number,
): Promise<(recent: RecentText) => Promise<Match | undefined>> {
  const expression = await compile(pattern);
  let next = from;
  return async (recent) => {
    for (;;) {
      // With the character before, which tells whether a line begins.
      const { text: all, start } = recent.from(next - 1);
      const skipped = Math.max(next - start, 0);
      if (all.length <= skipped) return undefined;
      const end = all.indexOf('\n', skipped + SLICE);
      const text = end === -1 ? all : all.slice(0, end + 1);
      const matcher = expression.matcher(text);
      if (matcher.find(skipped)) return lineAround(text, start, matcher.start(), matcher.end());
      const unfinished = text.lastIndexOf('\n') + 1;
      next = start + Math.max(unfinished, text.length - MAX_LINE, skipped);
      if (text.length === all.length) return undefined;
      await nextTurn();
    }
  };
}

function lineAround(text: string, start: number, matchStart: number, matchEnd: number): Match {
  const lineStart = matchStart === 0 ? 0 : text.lastIndexOf('\n', matchStart - 1) + 1;
  const newline = text.indexOf('\n', matchEnd);
  const lineEnd = newline === -1 ? text.length : newline;
  const line = text.slice(lineStart, Math.min(lineEnd, lineStart + MAX_SHOWN));
  return { line, position: start + lineEnd, isFinished: newline !== -1 };
}

async function compile(pattern: string) {
  // Loaded when it is needed: most processes are never waited for.
  const { RE2JS } = await import('re2js');
  if (pattern.length > MAX_PATTERN) throw refuse(`it has more than ${MAX_PATTERN} characters`);
  let expression: ReturnType<typeof RE2JS.compile>;
  try {
    expression = RE2JS.compile(pattern, RE2JS.MULTILINE);
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (expression.programSize() > MAX_PROGRAM)
    throw refuse('it is too large; use smaller numbers of repetitions');
  return expression;
}

function refuse(why: string, cause?: unknown): ToolError {
  return new ToolError('INVALID_PATTERN', `The pattern is not a usable RE2 expression: ${why}.`, { cause });
}
