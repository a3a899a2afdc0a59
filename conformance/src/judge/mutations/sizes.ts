import * as fc from 'fast-check';

import { MAX_BODY_BYTES } from '../definitions.ts';
import type { Step } from '../traffic.ts';
import { changeMessage, changeStep, defineFamily, setOwn } from './family.ts';
import { objectsIn, placesIn, textsIn } from './places.ts';

/** Something is empty, very long, very deep, or as large as the body may just be. */
export const sizes = defineFamily<Change>({
  name: 'sizes',
  changes: fc.oneof(
    fc.record({
      step: fc.nat(3),
      bytes: fc.constantFrom(0, 1, ...[-1, 0, 1, 9000].map((more) => MAX_BODY_BYTES + more)),
    }),
    fc.record({ step: fc.nat(3), place: fc.nat(12), letters: fc.constantFrom(0, 300, 5000, 14_000, 20_000) }),
    fc.record({ step: fc.nat(3), place: fc.nat(20), depth: fc.constantFrom(2, 60, 900, 3000) }),
    fc.record({ step: fc.nat(3), place: fc.nat(8), keys: fc.constantFrom(1, 50, 900) }),
    fc.record({ step: fc.nat(3), place: fc.nat(20), items: fc.constantFrom(1, 50, 3000) }),
  ),
  apply(conversation, change) {
    if ('bytes' in change) return changeStep(conversation, change.step, (step) => sized(step, change.bytes));
    return changeMessage(conversation, change.step, (message) => {
      if ('keys' in change) {
        const objects = objectsIn(message);
        const object = objects[change.place % objects.length]!;
        for (let index = 0; index < change.keys; index += 1) setOwn(object, `k${index}`, index);
        return;
      }
      const places = 'letters' in change ? textsIn(message) : placesIn(message);
      const place = places[change.place % places.length];
      if (!place) return;
      if ('letters' in change) place.parent[place.key] = 'x'.repeat(change.letters);
      else if ('items' in change) place.parent[place.key] = Array.from({ length: change.items }, () => 1);
      else place.parent[place.key] = nested(change.depth);
    });
  },
});

type Change =
  | { step: number; bytes: number }
  | { step: number; place: number; letters: number }
  | { step: number; place: number; depth: number }
  | { step: number; place: number; keys: number }
  | { step: number; place: number; items: number };

function sized(step: Step, bytes: number): Step {
  const { body } = step;
  if (body === undefined) return step;
  // What a server makes up is filled in later, with another length.
  if (bytes > 1 && body.includes('"{')) return step;
  const length = Buffer.byteLength(body);
  return { ...step, body: length < bytes ? body + ' '.repeat(bytes - length) : body.slice(0, bytes) };
}

function nested(depth: number): unknown {
  let value: unknown = {};
  for (let level = 1; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}
