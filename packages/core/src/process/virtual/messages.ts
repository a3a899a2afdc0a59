import type { EntryType } from '../roots/walk.ts';
import type { InterpreterLimits } from './limits.ts';

/** What a thread is started with. Plain data. */
export interface ThreadTask {
  readonly script: string;
  /** Operands that are appended to the script's only word, as they are. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  readonly roots: readonly string[];
  /** Whether what the run changes is meant for the disk: then only what can be saved may be done. */
  readonly keepsChanges: boolean;
  readonly timeoutMs: number;
  readonly limits: InterpreterLimits;
}

/** What a thread needs from the roots. Paths are those of `SafeRoots`. */
export interface Question {
  readonly about: 'list' | 'read' | 'link' | 'change';
  readonly path: string;
}

/** The answers, by question. */
export interface Answers {
  readonly list: readonly ListedName[];
  readonly read: { readonly bytes: Uint8Array; readonly hash: string | undefined };
  /** Where a link leads, as a path in the tree of the run; `undefined` when that is in no root. */
  readonly link: string | undefined;
  /** It may be changed. */
  readonly change: true;
}

/** A name on the disk. */
export interface ListedName {
  readonly name: string;
  readonly type: EntryType;
  readonly sizeBytes: number;
  readonly modifiedAt: string;
}

export type FromThread =
  | { readonly type: 'started' }
  | { readonly type: 'question'; readonly id: number; readonly question: Question }
  | { readonly type: 'done'; readonly result: ThreadResult }
  /** The interpreter is missing or broke. */
  | { readonly type: 'failed'; readonly code: string | undefined; readonly message: string };

export type ToThread =
  | { readonly type: 'answer'; readonly id: number; readonly value: Answers[keyof Answers] }
  | { readonly type: 'refusal'; readonly id: number; readonly code: string; readonly message: string };

/** How a run ended by itself. */
export interface ThreadResult {
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly changes: readonly ThreadChange[];
}

/** What is different from the disk. */
export interface ThreadChange {
  readonly path: string;
  readonly type: 'file' | 'directory' | 'link';
  readonly change: 'added' | 'modified' | 'deleted';
  readonly sizeBytes: number;
  /** Of a file that is to be saved. */
  readonly bytes?: Uint8Array;
  /** Of the content on the disk that the run has read. */
  readonly previousHash?: string | undefined;
}
