import { mutate, type Mutation } from './mutations/families.ts';
import type { Conversation } from './traffic.ts';
import { createPair, describeVerdict, disagreement, judge } from './verdict.ts';

/** A conversation to make mistakes in. */
export interface Base {
  readonly conversation: Conversation;
  /** Whether the servers want to know who is asking. */
  readonly authenticated: boolean;
}

/**
 * Sends a conversation with something wrong to two servers of its own; gives the first answer in which they differ for
 * no listed reason, as text, or an empty one.
 */
export async function judgeMutation(base: Base, mutations: readonly Mutation[]): Promise<string> {
  const conversation = mutate(base.conversation, mutations);
  const pair = () => createPair(base);
  if (!disagreement(await judge(conversation, pair(), { unansweredMs: 250 }))) return '';
  // A machine with a lot to do may have been late once.
  const verdict = disagreement(await judge(conversation, pair(), { patienceMs: 10_000, unansweredMs: 1000 }));
  if (!verdict) return '';
  // Where they part already, a second mistake only tells which of two each names first.
  const plain = await judge(base.conversation, pair());
  return plain.some(({ parts }) => parts) ? '' : `${base.conversation.name}\n${describeVerdict(verdict)}`;
}
