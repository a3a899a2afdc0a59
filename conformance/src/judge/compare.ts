import { isRecord } from '@toolyard/core/protocol';

import type { Outcome } from './outcome.ts';

/** One place in which two outcomes differ. */
export interface Deviation {
  /** `status`, `body`, or a path into the messages: `messages.0.error.code`. */
  readonly field: string;
  readonly ours: unknown;
  readonly theirs: unknown;
}

/** Every place in which the outcomes of a step differ. */
export function compare(ours: Outcome, theirs: Outcome): Deviation[] {
  const { messages: ourMessages, ...ourRest } = ours;
  const { messages: theirMessages, ...theirRest } = theirs;
  const deviations = deviationsOf('', ourRest, theirRest);
  for (let index = 0; index < Math.max(ourMessages.length, theirMessages.length); index += 1) {
    const field = `messages.${index}`;
    const [our, their] = [ourMessages[index], theirMessages[index]];
    // Where one is a result and the other an error, their contents have nothing to compare.
    if (kindOf(our) === kindOf(their)) deviations.push(...deviationsOf(field, our, their));
    else deviations.push({ field, ours: kindOf(our), theirs: kindOf(their) });
  }
  return deviations;
}

/** What a message is: `result`, `input_required`, `error -32602`, the method of a request or notification, `nothing`. */
function kindOf(message: unknown): string {
  if (message === undefined) return 'nothing';
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
