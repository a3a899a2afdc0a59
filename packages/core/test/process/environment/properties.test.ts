import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ToolError } from '../../../src/errors.ts';
import { dangerousVariable } from '../../../src/process/environment-dangers.ts';
import { environmentOf } from '../../../src/process/environment.ts';
import { linuxPlatform, windowsPlatform } from '../../../src/process/platform.ts';

const words = [
  'LD_PRELOAD',
  'ld_preload',
  'Git_Dir',
  'GIT_',
  'PATH',
  'Path',
  'APP',
  'APP_A',
  'app_a',
  'A',
  'TZ',
  'LC_ALL',
];
const names = fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary', maxLength: 6 }));
const values = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('../x', 'a\0b', 'x'.repeat(9_000)),
);
const rules = fc.oneof(names, fc.constantFrom('*', 'APP_*', 'L*', 'GIT_*'));
const platforms = fc.constantFrom(linuxPlatform(1000), windowsPlatform());

test('whatever is asked, a program gets it as it is or the run is refused; nothing dangerous slips in', () => {
  const property = fc.property(
    fc.dictionary(names, values, { maxKeys: 5, noNullPrototype: false }),
    fc.array(rules, { maxLength: 4 }),
    platforms,
    (asked, allow, platform) => {
      const home = platform.os === 'windows' ? 'C:\\home' : '/home';
      const fixed = environmentOf({ home, platform });
      const result = attempt(() => environmentOf({ home, allow, platform }, asked));
      if (result instanceof ToolError) return Object.keys(asked).length > 0;
      const mayBeSet = (name: string) => {
        const isNamed = allow.some((rule) => rule.toUpperCase() === name.toUpperCase());
        const isCovered = allow.some((rule) => rule.endsWith('*')) && dangerousVariable(name) === undefined;
        return isNamed || isCovered;
      };
      const isAllowed = ([name, value]: [string, string]) =>
        (name in asked ? mayBeSet(name) && value === asked[name] : fixed[name] === value) &&
        /^[A-Za-z_]\w*$/.test(name) &&
        !value.includes('\0');
      return Object.keys(asked).every((name) => name in result) && Object.entries(result).every(isAllowed);
    },
  );
  expect(fc.check(property, { numRuns: 2_000 })).toMatchObject({ failed: false, counterexample: null });
});

function attempt<T>(action: () => T): T | ToolError {
  try {
    return action();
  } catch (error) {
    if (error instanceof ToolError) return error;
    throw error;
  }
}
