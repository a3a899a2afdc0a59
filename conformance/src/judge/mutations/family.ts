import { isRecord, type JsonObject } from '@toolyard/core/protocol';
import type * as fc from 'fast-check';

import type { Conversation, Step } from '../traffic.ts';

/** One kind of thing that can be wrong with a conversation. Changes are plain data, so that they print and shrink. */
export interface Family<Change = any> {
  readonly name: string;
  readonly changes: fc.Arbitrary<Change>;
  /** The conversation with a change; as it was where the change finds nothing to change. */
  apply(conversation: Conversation, change: Change): Conversation;
}

/** Keeps the type of the changes while a family is written. */
export function defineFamily<Change>(family: Family<Change>): Family<Change> {
  return family;
}

/** Changes one step, counted from the last one, so that shrinking leads to the step a conversation is about. */
export function changeStep(
  conversation: Conversation,
  fromEnd: number,
  change: (step: Step) => Step,
): Conversation {
  const { steps } = conversation;
  const index = steps.length - 1 - (fromEnd % steps.length);
  return { ...conversation, steps: steps.with(index, change(steps[index]!)) };
}

/** Changes the message of one of the steps that have one; in a batch the first. */
export function changeMessage(
  conversation: Conversation,
  fromEnd: number,
  change: (message: JsonObject, step: Step) => void,
): Conversation {
  const { steps } = conversation;
  const places = steps.flatMap((step, index) => (messageIn(step) ? [index] : [])).toReversed();
  const index = places[fromEnd % places.length];
  if (index === undefined) return conversation;
  const step = steps[index]!;
  const { json, message } = messageIn(step)!;
  change(message, step);
  return { ...conversation, steps: steps.with(index, { ...step, body: write(json) }) };
}

/** A value that is written into the body as it stands, for what `JSON.stringify` never writes: `1e400`, `-0`. */
export function raw(json: string): string {
  return `{raw:${json}}`;
}

/** Sets an own property, also one named `__proto__`. */
export function setOwn(target: JsonObject, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function write(json: unknown): string {
  return JSON.stringify(json).replaceAll(/"\{raw:(?:[^"\\]|\\.)*\}"/g, (text) =>
    (JSON.parse(text) as string).slice('{raw:'.length, -1),
  );
}

function messageIn({ body }: Step): { json: unknown; message: JsonObject } | undefined {
  if (body === undefined) return undefined;
  try {
    const json: unknown = JSON.parse(body);
    const message: unknown = Array.isArray(json) ? json[0] : json;
    return isRecord(message) ? { json, message } : undefined;
  } catch {
    return undefined;
  }
}
