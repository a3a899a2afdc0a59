import type { ProcessExit, ProcessInfo } from './managed-process.ts';

/** What a supervisor announces. Listeners look on; one that throws harms nobody. */
export interface ProcessEvents {
  processStarted: { readonly owner: string; readonly process: ProcessInfo };
  /** A piece of output, in whole characters and redacted. */
  processOutput: {
    readonly owner: string;
    readonly id: string;
    readonly stream: 'stdout' | 'stderr';
    readonly text: string;
  };
  processExited: { readonly owner: string; readonly process: ProcessInfo; readonly exit: ProcessExit };
}

/** Hears of one kind of event. It may be async; what it throws or rejects with is logged. */
export type ProcessListener<E extends keyof ProcessEvents> = (
  event: ProcessEvents[E],
) => void | Promise<void>;
