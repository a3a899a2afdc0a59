import { isRecord } from '@toolyard/core/protocol';

import { UNFINISHED, type Outcome } from './outcome.ts';

/** One place in which two outcomes differ. */
export interface Deviation {
  /** `answer` for status and kinds of messages as a whole; else a header, or a path: `messages.0.error.code`. */
  readonly field: string;
  readonly ours: unknown;
  readonly theirs: unknown;
}

/** Every place in which the outcomes of a step differ. Where the answers as a whole do, what is in them does not count. */
export function compare(ours: Outcome, theirs: Outcome): Deviation[] {
  // Also where both hang: that is no agreement.
  if (ours.body === UNFINISHED) return [{ field: 'body', ours: ours.body, theirs: theirs.body }];
  const [ourAnswer, theirAnswer] = [answerOf(ours), answerOf(theirs)];
  if (ourAnswer !== theirAnswer) return [{ field: 'answer', ours: ourAnswer, theirs: theirAnswer }];
  return deviationsOf('', ours, theirs);
}

/** Status and kinds of messages: `200 result`, `404 error -32601`, `200 notifications/progress, result`. */
export function answerOf({ status, messages }: Outcome): string {
  return [String(status), messages.map(kindOf).join(', ')].filter(Boolean).join(' ');
}

/** What a message is: `result`, `input_required`, `error -32602`, the method of a request or notification. */
function kindOf(message: unknown): string {
  if (!isRecord(message)) return 'other';
  const { method, error, result } = message;
  if (typeof method === 'string') return method;
  if (isRecord(error)) return `error ${String(error['code'])}`;
  if (!isRecord(result)) return 'other';
  if (result['resultType'] === 'input_required') return 'input_required';
  return result['isError'] === true ? 'tool error' : 'result';
}

function deviationsOf(field: string, ours: unknown, theirs: unknown): Deviation[] {
  if (isRecord(ours) && isRecord(theirs)) {
    const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
    return [...keys].flatMap((key) => deviationsOf(join(field, key), ours[key], theirs[key]));
  }
  if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length) {
    return ours.flatMap((item, index) => deviationsOf(join(field, String(index)), item, theirs[index]));
  }
  return JSON.stringify(ours) === JSON.stringify(theirs) ? [] : [{ field, ours, theirs }];
}

function join(field: string, key: string): string {
  return field === '' ? key : `${field}.${key}`;
}
