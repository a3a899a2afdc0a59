import * as fc from 'fast-check';

import type { Conversation } from '../traffic.ts';
import { encodings } from './encodings.ts';
import { envelope } from './envelope.ts';
import type { Family } from './family.ts';
import { headers } from './headers.ts';
import { ids } from './ids.ts';
import { order } from './order.ts';
import { sizes } from './sizes.ts';
import { types } from './types.ts';
import { unknownFields } from './unknown-fields.ts';

/** Everything that can be wrong with a conversation. */
export const families: readonly Family[] = [
  headers,
  envelope,
  ids,
  types,
  unknownFields,
  sizes,
  encodings,
  order,
];

/** A change, and the name of its family. */
export interface Mutation {
  readonly family: string;
  readonly change: unknown;
}

/** Some changes of a family, or of all. */
export function mutationsOf(
  chosen: readonly Family[] = families,
  { atMost = 2 }: { atMost?: number } = {},
): fc.Arbitrary<Mutation[]> {
  const mutation = fc.oneof(
    ...chosen.map(({ name, changes }) => fc.record({ family: fc.constant(name), change: changes })),
  );
  return fc.array(mutation, { minLength: 1, maxLength: atMost });
}

/** A conversation with some changes, one after the other. */
export function mutate(conversation: Conversation, mutations: readonly Mutation[]): Conversation {
  return mutations.reduce(
    (changed, { family, change }) => families.find(({ name }) => name === family)!.apply(changed, change),
    conversation,
  );
}
