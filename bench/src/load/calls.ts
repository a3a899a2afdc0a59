import type { Answer } from './answer.ts';
import type { Era } from './eras.ts';

/** What a load asks for, again and again. */
export interface Calls {
  /** Headers that every one of them carries. */
  headers(era: Era, session?: string): Record<string, string>;
  next(era: Era): PreparedCall;
}

/** One request, and what must come back. */
export interface PreparedCall {
  body: string;
  /** What is wrong with the answer, or `undefined` if nothing is. */
  readonly faultOf: (answer: Answer) => string | undefined;
}

let lastId = 0;

/** A JSON-RPC id that no other request has: an answer meant for another one, or kept from before, is found out. */
export function nextId(): number {
  return ++lastId;
}
