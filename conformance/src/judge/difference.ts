import { isRecord, type JsonObject } from '@toolyard/core/protocol';

import { answerOf, type Deviation } from './compare.ts';
import type { Outcome } from './outcome.ts';
import type { Step } from './traffic.ts';

/** A step, and what both servers answered. */
export interface Occurrence {
  readonly step: Step;
  /** The steps of the conversation before this one. */
  readonly before: readonly Step[];
  /** Those that come after it. */
  readonly after: readonly Step[];
  readonly ours: Outcome;
  readonly theirs: Outcome;
}

/** A way in which our answers differ from those of the SDK on purpose. */
export interface Difference {
  readonly name: string;
  /** What differs, for which requests. */
  readonly what: string;
  readonly why: string;
  /** The paragraph that decides it, and what it says. Without one the specification leaves it open. */
  readonly rule?: { readonly url: string; readonly says: string };
  /** Whether a deviation is this one. */
  covers(deviation: Deviation, occurrence: Occurrence): boolean;
}

const SPECIFICATION = 'https://modelcontextprotocol.io/specification';

/** Address of a page of a revision. */
export function page(revision: string, path: string): string {
  return `${SPECIFICATION}/${revision}/${path}`;
}

/** Whether the answers as a whole are these: `200 result`, `400 error -32602`, … */
export function answers({ field, ours, theirs }: Deviation, ourAnswer: Wanted, theirAnswer: Wanted): boolean {
  return field === 'answer' && fits(String(ours), ourAnswer) && fits(String(theirs), theirAnswer);
}

type Wanted = string | RegExp;

function fits(text: string, wanted: Wanted): boolean {
  return typeof wanted === 'string' ? text === wanted : wanted.test(text);
}

/** The message of a step; an empty one where the body is something else. */
export function messageOf({ body = '' }: Step): JsonObject {
  const json = jsonOf(body);
  return isRecord(json) ? json : {};
}

/** The `params` of a step's message. */
export function paramsOf(step: Step): JsonObject {
  const { params } = messageOf(step);
  return isRecord(params) ? params : {};
}

/** The batch a step sends. */
export function batchOf({ body = '' }: Step): unknown[] | undefined {
  const json = jsonOf(body);
  return Array.isArray(json) ? json : undefined;
}

/** The revision the `initialize` of a conversation asked for; empty in conversations of 2026-07-28. */
export function revisionOf({ step, before }: Occurrence): string {
  for (const each of [...before, step]) {
    const { protocolVersion } = paramsOf(each);
    if (messageOf(each)['method'] === 'initialize' && typeof protocolVersion === 'string')
      return protocolVersion;
  }
  return '';
}

/** Whether a message has a member that none of its kind has. */
export function hasUnknownMember(step: Step): boolean {
  const { jsonrpc: _jsonrpc, id: _id, ...members } = messageOf(step);
  const known = 'method' in members ? ['method', 'params'] : ['result' in members ? 'result' : 'error'];
  return Object.keys(members).some((name) => !known.includes(name));
}

/** Whether another request of the conversation has the id of this one. */
export function isIdRepeated({ step, before, after }: Occurrence): boolean {
  const { id, method } = messageOf(step);
  return (
    id !== undefined &&
    method !== undefined &&
    [...before, ...after].some((other) => messageOf(other)['id'] === id && 'method' in messageOf(other))
  );
}

/** Whether the `_meta` of a message is no object, or has a progress token that is none. */
export function hasOddMetadata(step: Step): boolean {
  const { _meta: meta } = paramsOf(step);
  if (meta === undefined) return false;
  if (!isRecord(meta)) return true;
  const { progressToken: token } = meta;
  return token !== undefined && typeof token !== 'string' && !Number.isSafeInteger(token);
}

/** Whether both servers answered with a tool result that says what went wrong. */
export function isToolError({ ours }: Occurrence): boolean {
  return answerOf(ours).endsWith('tool error');
}

function jsonOf(text: string): unknown {
  try {
    // A byte order mark is none of its letters.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}
