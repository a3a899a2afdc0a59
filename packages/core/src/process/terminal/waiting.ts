import { orAborted } from '../../abort.ts';
import type { Clock, Timer } from '../../clock.ts';
import { InvalidOptionError, ToolError } from '../../errors.ts';
import { positiveMs } from '../../options.ts';
import type { TerminalWaitOptions, TerminalWaitResult, TerminalWaitUntil } from './session.ts';

/** What a wait looks at. */
export interface WatchedTerminal {
  readonly clock: Clock;
  readonly text: () => string;
  readonly exited: Promise<unknown>;
  /** Calls `listener` when the screen may have changed, until the returned function is called. */
  readonly onShown: (listener: () => void) => () => void;
}

/** A flood changes the screen all the time; looking costs as much as the screen is large. */
const LOOK_MS = 25;

/** {@link TerminalSession.wait} */
export async function waitForTerminal(
  { clock, text, exited, onShown }: WatchedTerminal,
  until: TerminalWaitUntil,
  { timeoutMs, signal }: TerminalWaitOptions,
): Promise<TerminalWaitResult> {
  positiveMs('timeoutMs', timeoutMs);
  const matches = await matcher(until);
  const timers = new Map<'timeout' | 'look' | 'idle', Timer>();
  let stop: (() => void) | undefined;
  const happened = new Promise<TerminalWaitResult>((resolve) => {
    timers.set(
      'timeout',
      clock.after(timeoutMs, () => resolve({ reason: 'timedOut' })),
    );
    const look = () => {
      timers.delete('look');
      if (matches?.(text()) === true) resolve({ reason: 'matched' });
    };
    const restart = () => {
      if (!('idleMs' in until)) return;
      timers.get('idle')?.cancel();
      timers.set(
        'idle',
        clock.after(until.idleMs, () => resolve({ reason: 'idle' })),
      );
    };
    stop = onShown(() => {
      restart();
      if (matches && !timers.has('look')) timers.set('look', clock.after(LOOK_MS, look));
    });
    look();
    restart();
  });
  // What it wrote last is on the screen by then.
  const ended = exited.then((): TerminalWaitResult => ({
    reason: matches?.(text()) === true ? 'matched' : 'exited',
  }));
  try {
    const first = Promise.race([happened, ended]);
    return await (signal ? orAborted(signal, first) : first);
  } finally {
    stop?.();
    for (const timer of timers.values()) timer.cancel();
  }
}

async function matcher(until: TerminalWaitUntil): Promise<((text: string) => boolean) | undefined> {
  if ('idleMs' in until) positiveMs('idleMs', until.idleMs);
  if ('text' in until) {
    const { text } = until;
    if (text === '') throw new InvalidOptionError('text', 'must not be empty');
    return (shown) => shown.includes(text);
  }
  if (!('pattern' in until)) return undefined;
  // Loaded when it is needed: most terminals are never waited for like that.
  const { RE2JS } = await import('re2js');
  try {
    const expression = RE2JS.compile(until.pattern, RE2JS.MULTILINE);
    return (shown) => expression.matcher(shown).find();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ToolError('INVALID_PATTERN', `The pattern is not an RE2 expression: ${why}.`, { cause });
  }
}
