import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { tryMutation } from '../src/judge/invariants/try-mutation.ts';
import { judgeMutation } from '../src/judge/judge-mutation.ts';
import { families, mutationsOf } from '../src/judge/mutations/families.ts';
import { tryOften } from '../src/judge/mutations/runs.ts';
import { bases } from './traffic/bases.ts';

const eras = Object.entries(bases);
const LIMIT_MS = process.env['TOOLYARD_PROOF'] ? 900_000 : 60_000;

// Most of the time goes by waiting for answers that are late or never come, so all wait at once.
describe.concurrent.for(eras)('conversations of %s with something wrong in their', ([, own]) => {
  test.for(families)(
    '$name are answered like the SDK answers them',
    { timeout: LIMIT_MS },
    async (family) => {
      await tryOften(
        fc.asyncProperty(fc.constantFrom(...own), mutationsOf([family]), async (base, mutations) => {
          expect(await judgeMutation(base, mutations)).toBe('');
        }),
        { few: 25, many: 2400 },
      );
    },
  );
});

describe.concurrent.for(eras)('whatever is wrong with a conversation of %s', ([, own]) => {
  test('both entries keep what holds for every request', { timeout: LIMIT_MS }, async () => {
    await tryOften(
      fc.asyncProperty(
        fc.constantFrom(...own),
        mutationsOf(families, { atMost: 3 }),
        async (base, mutations) => {
          expect(await tryMutation(base, mutations)).toEqual([]);
        },
      ),
      { few: 80, many: 8000 },
    );
  });
});

describe('the families of mutations', () => {
  test('change what they say they change, in conversations of both eras', () => {
    const unchanged = eras.flatMap(([era, own]) =>
      families.filter((family) => !changesSomething(family, own)).map(({ name }) => `${name} in ${era}`),
    );
    expect(unchanged).toEqual([]);
  });
});

/** Whether most changes of a family do something to most conversations. */
function changesSomething(family: (typeof families)[number], own: (typeof bases)['sessions']): boolean {
  const samples = fc.sample(fc.tuple(fc.constantFrom(...own), family.changes), { numRuns: 200, seed: 1 });
  const changed = samples.filter(
    ([{ conversation }, change]) =>
      JSON.stringify(family.apply(conversation, change)) !== JSON.stringify(conversation),
  );
  return changed.length > samples.length / 2;
}
