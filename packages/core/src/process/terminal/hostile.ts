import type { Terminal } from '@xterm/headless';

/** Keeps costly sequences from taking the time of others. */
export interface CostGuard {
  /** Drops costly sequences from now on: nobody looks at the screen any more. */
  stop(): void;
}

/** Move lines or print, as often as their first number says, which can be two billion times. */
const REPEATING = ['L', 'M', 'S', 'T', 'I', 'Z', 'b'];
/** In touched rows, of which each takes up to 10 µs. */
const BUDGET = 1_000;
const PAUSE_MS = 10;

/**
 * A few bytes can make a terminal move every line it has. Numbers no program draws with are refused, and after much work
 * the parser rests, so that others get their turn.
 */
export function guardCost(terminal: Terminal): CostGuard {
  const { parser } = terminal;
  let spent = 0;
  let stopped = false;

  /** What handlers of xterm give: `true` drops the sequence, a promise makes the parser wait. */
  function spend(rows: number): boolean {
    if (stopped) return true;
    spent += rows;
    if (spent < BUDGET) return false;
    spent = 0;
    const rest = new Promise<boolean>((resolve) => setTimeout(() => resolve(stopped), PAUSE_MS));
    // It takes promises too, which its types do not say.
    return rest as unknown as boolean;
  }

  for (const final of REPEATING) {
    parser.registerCsiHandler({ final }, ([first]) => {
      const times = typeof first === 'number' ? Math.max(first, 1) : 1;
      const { cols, rows } = terminal;
      if (final === 'b') return times > cols * rows || spend(Math.ceil(times / cols));
      return times > Math.max(cols, rows) || spend(times);
    });
  }
  // Other screen or reset, clear, fill.
  for (const final of ['h', 'l'])
    parser.registerCsiHandler({ prefix: '?', final }, () => spend(terminal.rows));
  for (const final of ['J', 'p'])
    parser.registerCsiHandler(final === 'p' ? { intermediates: '!', final } : { final }, () =>
      spend(terminal.rows),
    );
  parser.registerEscHandler({ final: 'c' }, () => spend(terminal.rows));
  parser.registerEscHandler({ intermediates: '#', final: '8' }, () => spend(terminal.rows));
  for (const final of ['D', 'E', 'M']) parser.registerEscHandler({ final }, () => spend(1));

  return {
    stop() {
      stopped = true;
    },
  };
}

/** A cell takes any number of marks on top of its character; no script needs more than a few. */
export function limitMarks(text: string): string {
  return text.replaceAll(/([\p{M}\p{Cf}]{8})[\p{M}\p{Cf}]+/gu, '$1');
}
