import * as fc from 'fast-check';

import {
  bodiless,
  inSession,
  modern,
  notification,
  opening,
  request,
  type Conversation,
  type Step,
} from '../traffic.ts';
import { defineFamily } from './family.ts';

/** Steps that fit in nowhere in particular. */
const strangers: Readonly<Record<string, Step>> = {
  delete: bodiless('DELETE'),
  ping: inSession(request('ping', undefined, 'stranger')),
  'tools/list': inSession(request('tools/list', {}, 'stranger')),
  initialized: inSession(notification('notifications/initialized')),
  cancellation: inSession(notification('notifications/cancelled', { requestId: 2 })),
  initialize: opening()[0]!,
  'initialize inside': inSession({ ...JSON.parse(opening()[0]!.body!), id: 'stranger' }),
  answer: inSession({ jsonrpc: '2.0', id: 'nobody asked', result: {} }),
  'a request of 2026': modern('tools/list', {}, { id: 'stranger' }),
};

/** Steps come in another order, again, not at all, before the answer to the one before, or among others. */
export const order = defineFamily<Change>({
  name: 'order',
  changes: fc.oneof(
    fc.record({ move: fc.nat(5), to: fc.nat(5) }),
    fc.record({ repeat: fc.nat(5), atOnce: fc.boolean() }),
    fc.record({ drop: fc.nat(5) }),
    fc.record({ hurry: fc.nat(5) }),
    fc.record({ insert: fc.constantFrom(...Object.keys(strangers)), at: fc.nat(5) }),
  ),
  apply: (conversation, change) => ({ ...conversation, steps: reorder(conversation, change) }),
});

type Change =
  | { move: number; to: number }
  | { repeat: number; atOnce: boolean }
  | { drop: number }
  | { hurry: number }
  | { insert: string; at: number };

function reorder({ steps }: Conversation, change: Change): readonly Step[] {
  const at = (number: number) => steps.length - 1 - (number % steps.length);
  if ('move' in change) {
    const step = steps[at(change.move)]!;
    return steps.toSpliced(at(change.move), 1).toSpliced(at(change.to), 0, step);
  }
  if ('repeat' in change) {
    const index = at(change.repeat);
    const step = steps[index]!;
    const repeated = steps.toSpliced(index, 0, step);
    return change.atOnce ? hurried(repeated, index) : repeated;
  }
  if ('drop' in change) return steps.length > 1 ? steps.toSpliced(at(change.drop), 1) : steps;
  if ('hurry' in change) return hurried(steps, at(change.hurry));
  return steps.toSpliced(at(change.at) + 1, 0, strangers[change.insert]!);
}

function decides({ method, open, body = '' }: Step): boolean {
  return method !== 'POST' || open === true || /"(initialize|notifications\/cancelled)"/.test(body);
}

/**
 * Steps of which one is not waited for. What opens, ends or cancels decides what the others meet: it is waited for, and
 * so is what comes before it.
 */
function hurried(steps: readonly Step[], index: number): readonly Step[] {
  return steps.slice(index).some(decides) ? steps : steps.with(index, { ...steps[index]!, atOnce: true });
}
