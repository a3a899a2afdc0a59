import type { TerminalExit, TerminalInfo } from './session.ts';

/** What terminals announce. Listeners look on; one that throws harms nobody. */
export interface TerminalEvents {
  terminalStarted: { readonly owner: string; readonly terminal: TerminalInfo };
  /** Something else may stand on the screen; at most four times a second. */
  terminalChanged: { readonly owner: string; readonly id: string };
  terminalExited: { readonly owner: string; readonly terminal: TerminalInfo; readonly exit: TerminalExit };
}

/** Hears of one kind of event. It may be async; what it throws or rejects with is logged. */
export type TerminalListener<E extends keyof TerminalEvents> = (
  event: TerminalEvents[E],
) => void | Promise<void>;
