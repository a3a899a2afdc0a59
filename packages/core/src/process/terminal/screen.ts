import type { Terminal } from '@xterm/headless';
import type { Redactor } from '../../redaction/redactor.ts';
import { loadPeer } from '../load-peer.ts';
import { guardCost, limitMarks } from './hostile.ts';
import type { KeyModes } from './keys.ts';

/** What stands on a terminal. */
export interface TerminalScreen {
  /** From the top, without blanks at the end of a line and empty lines at the end. */
  readonly lines: readonly string[];
  readonly columns: number;
  readonly rows: number;
  /** Counted from 1. */
  readonly cursor: { readonly row: number; readonly column: number };
  /** What the program calls its window, without control characters; empty when it said nothing. */
  readonly title: string;
  /** Whether a full-screen program has the screen. */
  readonly isAlternate: boolean;
  /** The last lines that have left the top, where asked for. */
  readonly scrollback?: readonly string[];
  /** How many lines have left the top and are kept. */
  readonly scrollbackLines: number;
}

/** Size of a terminal, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A screen that interprets what a program writes. */
export interface Screen {
  /** `onDone` is called once it is on the screen. */
  write(text: string, onDone: () => void): void;
  resize(size: TerminalSize): void;
  snapshot(options: { readonly scrollback: number; readonly redactor: Redactor | undefined }): TerminalScreen;
  /** The visible text up to the cursor or beyond; a long line that goes on in the next row is one line. */
  text(): string;
  readonly keyModes: KeyModes;
  /** Skips what is costly in what was written and is not shown yet. */
  hurry(): void;
  dispose(): void;
}

export interface ScreenOptions extends TerminalSize {
  readonly scrollbackLines: number;
  /** Hears what the terminal would answer to a query of the program. */
  readonly onAnswer: (answer: string) => void;
}

const MAX_TITLE = 256;
/** Between two pieces of so many characters others get their turn; each takes a few milliseconds at worst. */
const PIECE = 1_024;

/** @throws {ToolyardError} `PEER_MISSING` without the package `@xterm/headless`. */
export async function createScreen({
  columns,
  rows,
  scrollbackLines,
  onAnswer,
}: ScreenOptions): Promise<Screen> {
  const { default: xterm } = await loadPeer('@xterm/headless', () => import('@xterm/headless'));
  const terminal = new xterm.Terminal({
    cols: columns,
    rows,
    scrollback: scrollbackLines,
    allowProposedApi: true,
    logLevel: 'off',
  });
  const cost = guardCost(terminal);
  let title = '';
  terminal.onTitleChange((changed) => (title = printable(changed)));
  terminal.onData(onAnswer);

  return {
    write(text, onDone) {
      const safe = limitMarks(text);
      if (safe === '') onDone();
      for (let start = 0; start < safe.length; start += PIECE) {
        const end = start + PIECE;
        terminal.write(safe.slice(start, end), end >= safe.length ? onDone : undefined);
      }
    },
    resize: (size) => terminal.resize(size.columns, size.rows),
    snapshot({ scrollback, redactor }) {
      const { active } = terminal.buffer;
      const kept = active.baseY;
      const visible = rowsOf(terminal, kept, kept + terminal.rows);
      const above = scrollback > 0 ? rowsOf(terminal, Math.max(kept - scrollback, 0), kept) : undefined;
      return {
        lines: withoutEmptyEnd(masked(visible, terminal.cols, redactor)),
        columns: terminal.cols,
        rows: terminal.rows,
        cursor: { row: active.cursorY + 1, column: Math.min(active.cursorX, terminal.cols - 1) + 1 },
        title: redactor?.text(title) ?? title,
        isAlternate: active.type === 'alternate',
        scrollbackLines: kept,
        ...(above && { scrollback: masked(above, terminal.cols, redactor) }),
      };
    },
    text() {
      const { baseY, cursorX, cursorY } = terminal.buffer.active;
      const visible = rowsOf(terminal, baseY, baseY + terminal.rows);
      // A prompt ends with a blank, and who waits for one writes it.
      const withPrompt = visible.map((row, index) =>
        index === cursorY ? { ...row, text: row.text.padEnd(cursorX) } : row,
      );
      return withoutEmptyEnd(joined(withPrompt).split('\n')).join('\n');
    },
    get keyModes() {
      return { applicationCursorKeys: terminal.modes.applicationCursorKeysMode };
    },
    hurry: () => cost.stop(),
    dispose() {
      cost.stop();
      terminal.dispose();
    },
  };
}

interface Row {
  readonly text: string;
  /** The line of the row before goes on in this one. */
  readonly goesOn: boolean;
}

function rowsOf(terminal: Terminal, from: number, to: number): Row[] {
  const { active } = terminal.buffer;
  const rows: Row[] = [];
  for (let index = from; index < to; index++) {
    const line = active.getLine(index);
    // A line that goes on keeps its blanks at the end.
    const goesOnNext = active.getLine(index + 1)?.isWrapped === true;
    const text = line?.translateToString(false) ?? '';
    rows.push({ text: goesOnNext ? text : text.trimEnd(), goesOn: line?.isWrapped === true });
  }
  return rows;
}

function joined(rows: readonly Row[]): string {
  return rows.map(({ text, goesOn }, index) => (index === 0 || goesOn ? text : `\n${text}`)).join('');
}

/** A secret can begin in one row and end in the next. What was masked is broken anew. */
function masked(rows: readonly Row[], columns: number, redactor: Redactor | undefined): string[] {
  if (redactor) {
    const text = joined(rows);
    const safe = redactor.text(text);
    if (safe !== text) return safe.split('\n').flatMap((line) => broken(line, columns));
  }
  return rows.map(({ text }) => text.trimEnd());
}

function broken(line: string, columns: number): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < line.length || start === 0; start += columns)
    pieces.push(line.slice(start, start + columns).trimEnd());
  return pieces;
}

function withoutEmptyEnd(lines: readonly string[]): string[] {
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
}

function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '').slice(0, MAX_TITLE);
}
