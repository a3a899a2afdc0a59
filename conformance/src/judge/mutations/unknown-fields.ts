import * as fc from 'fast-check';

import { changeMessage, defineFamily, setOwn } from './family.ts';
import { objectsIn } from './places.ts';

/** Names that objects have anyway, or that messages have elsewhere. */
const NAMES = [
  'added',
  '',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'toJSON',
  'then',
  'length',
  'jsonrpc',
  'id',
  'method',
  'params',
  'result',
  'error',
  '_meta',
  'name',
  'arguments',
  'uri',
  'cursor',
  'resultType',
  'inputResponses',
  'requestState',
  'task',
];

/** An object has a field that no schema knows, or knows elsewhere. */
export const unknownFields = defineFamily({
  name: 'unknown fields',
  changes: fc.record({
    step: fc.nat(3),
    place: fc.nat(12),
    name: fc.constantFrom(...NAMES),
    value: fc.oneof(
      fc.constantFrom<unknown>(null, 1, 'x', true, [], {}, { a: { b: 1 } }, { code: 1, message: 'x' }),
      fc.jsonValue({ maxDepth: 2 }),
    ),
  }),
  apply: (conversation, { step, place, name, value }) =>
    changeMessage(conversation, step, (message) => {
      const objects = objectsIn(message);
      const object = objects[place % objects.length]!;
      if (!Object.hasOwn(object, name)) setOwn(object, name, value);
    }),
});
