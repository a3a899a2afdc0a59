import { defineTool } from '@toolyard/core';
import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';

import type { useTool } from '../../../src/client-react.ts';

const add = defineTool({
  name: 'add',
  input: z.object({ a: z.number(), b: z.number() }),
  output: z.object({ sum: z.number() }),
  run: ({ a, b }) => ({ sum: a + b }),
});

test('a tool definition types what useTool takes and gives', () => {
  const use = (() => {}) as unknown as typeof useTool;
  const typed = () => use(add);
  expectTypeOf<ReturnType<typeof typed>['data']>().toEqualTypeOf<{ sum: number } | undefined>();
  expectTypeOf<Parameters<ReturnType<typeof typed>['call']>[0]>().toEqualTypeOf<{ a: number; b: number }>();
  // @ts-expect-error b is missing
  void (() => use(add).call({ a: 1 }));
});
