import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Revision } from '../../src/protocol.ts';
import { projectLegacy } from '../../src/protocol/project.ts';
import { isShared, share, stringifyMessage } from '../../src/protocol/shared-json.ts';

const response = (result: Record<string, unknown>) => ({ jsonrpc: '2.0', id: 1, result }) as const;

describe('stringifyMessage', () => {
  test('says the same as JSON.stringify, shared or not, and each time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue()),
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.oneof(fc.string(), fc.integer()),
        (items, rest, id) => {
          const message = { jsonrpc: '2.0', id, result: { ...rest, items } } as const;
          const plain: unknown = JSON.parse(JSON.stringify(message));
          expect(JSON.parse(stringifyMessage(message))).toEqual(plain);
          share(items);
          expect(JSON.parse(stringifyMessage(message))).toEqual(plain);
          expect(JSON.parse(stringifyMessage(message))).toEqual(plain);
        },
      ),
    );
  });

  test('leaves other messages to JSON.stringify', () => {
    const error = { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'No.' } } as const;
    expect(stringifyMessage(error)).toBe(JSON.stringify(error));
    expect(stringifyMessage(response({}))).toBe(JSON.stringify(response({})));
  });

  test('keeps what surrounds a shared array fresh', () => {
    const tools = share([{ name: 'a' }]);
    stringifyMessage(response({ tools, nextCursor: 'one' }));
    expect(JSON.parse(stringifyMessage(response({ tools, nextCursor: 'two' })))).toEqual(
      response({ tools: [{ name: 'a' }], nextCursor: 'two' }),
    );
  });
});

test('a shared list becomes one shared list per revision', () => {
  const tools = share([{ name: 'a', title: 'A', inputSchema: { type: 'object' } }]);
  const at = (revision: Revision) => projectLegacy('tools/list', { tools }, revision)['tools'];
  expect(at('2025-03-26')).toBe(at('2025-03-26'));
  expect(isShared(at('2025-03-26'))).toBe(true);
  expect(at('2025-03-26')).toEqual([{ name: 'a', inputSchema: { type: 'object' } }]);
  expect(at('2025-11-25')).toEqual(tools);
});
