import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../src/protocol/canonical-json.ts';

/** What the text is by definition: audit logs hold hashes of it, so it may never change. */
function byDefinition(value: unknown): string {
  return JSON.stringify(value, sorted) ?? 'null';
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const keys = fc.oneof(
  fc.constantFrom('b', 'a', 'B', '10', '9', '', '__proto__', '\ud800', 'é'),
  fc.string({ unit: 'binary', maxLength: 3 }),
);
const json = fc.anything({ key: keys, withDate: true, withNullPrototype: true, withSparseArray: true });

test('is the same text as ever, whatever the value', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(canonicalJson(value)).toBe(byDefinition(value));
    }),
    { numRuns: 2_000 },
  );
});

test('does not depend on the order of keys, at any depth', () => {
  expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: { z: 1, y: undefined, x: 2 } })).toBe(
    '{"a":{"x":2,"z":1},"b":[{"c":2,"d":1}]}',
  );
  expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"d":1,"c":2}}'))).toBe(
    '{"__proto__":{"c":2,"d":1},"b":1}',
  );
});

test('changes nothing in the value', () => {
  const value = { b: [{ d: 1, c: 2 }], a: 1 };
  canonicalJson(value);
  expect(JSON.stringify(value)).toBe('{"b":[{"d":1,"c":2}],"a":1}');
});

test('puts what toJSON gives in order too', () => {
  expect(canonicalJson([{ toJSON: () => ({ b: 1, a: new Date(0) }) }])).toBe(
    '[{"a":"1970-01-01T00:00:00.000Z","b":1}]',
  );
});
