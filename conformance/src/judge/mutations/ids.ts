import * as fc from 'fast-check';

import { changeMessage, defineFamily, raw, setOwn } from './family.ts';

const MISSING = '(missing)';

/** The id of a request is odd, or none. */
export const ids = defineFamily({
  name: 'ids',
  changes: fc.record({
    step: fc.nat(3),
    id: fc.oneof(
      fc.constantFrom<unknown>(
        MISSING,
        null,
        true,
        {},
        [],
        [1],
        '',
        'a',
        '__proto__',
        'null',
        '1',
        'ü\u2028😀',
      ),
      fc.constantFrom<unknown>(0, -1, 1.5, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), 1e21, 'x'.repeat(5000)),
      fc
        .constantFrom('-0', '1.0', '1e2', '1e400', '-1e400', '12345678901234567890', '"\\ud800"', '"\\u0000"')
        .map(raw),
      fc.integer(),
      fc.string({ unit: 'binary' }),
    ),
  }),
  apply: (conversation, { step, id }) =>
    changeMessage(conversation, step, (message) => {
      if (id === MISSING) delete message['id'];
      else setOwn(message, 'id', id);
    }),
});
