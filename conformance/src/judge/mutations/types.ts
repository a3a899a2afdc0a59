import * as fc from 'fast-check';

import { changeMessage, defineFamily, raw, setOwn } from './family.ts';
import { placesIn } from './places.ts';

const MISSING = '(missing)';

/** A field is missing, or has another type or value. */
export const types = defineFamily({
  name: 'types',
  changes: fc.record({
    step: fc.nat(3),
    place: fc.nat(40),
    value: fc.option(
      fc.oneof(
        fc.constantFrom<unknown>(null, 0, 7, 1.5, -1, 2 ** 53, '', 'x', true, false, [], ['a'], [{}], {}),
        fc.constantFrom(raw('1e400'), raw('-0'), raw('1.0'), raw('12345678901234567890')),
        fc.constantFrom('2025-11-25', '2026-07-28', '2027-01-01', 'add', 'tools/call', 'tools/list'),
        fc.jsonValue({ maxDepth: 3 }),
      ),
      { nil: MISSING },
    ),
  }),
  apply: (conversation, { step, place, value }) =>
    changeMessage(conversation, step, (message) => {
      const places = placesIn(message);
      const { parent, key } = places[place % places.length] ?? { parent: message, key: 'method' };
      if (value === MISSING) delete parent[key];
      else setOwn(parent, key, value);
    }),
});
