import { lstatSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeOf, fastDirectory, openPlaces, ways } from './places.ts';

const RUNS = process.env['TOOLYARD_PROOF'] ? 1_500 : 120;

const name = fc.constantFrom('a', 'b', 'c', 'out');
const path = fc
  .array(fc.oneof(name, fc.constantFrom('.', '..')), { minLength: 1, maxLength: 5 })
  .map((names) => names.join('/'));
const target = (base: string) =>
  fc.oneof(
    path,
    fc.constantFrom(join(base, 'outside'), join(base, 'outside/secret'), join(base, 'reference'), base),
    path.map((inner) => join(base, 'root', inner)),
  );

/** What a random tree is made of: later entries that do not fit are left out. */
const tree = (base: string) =>
  fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('directory' as const), path, target: fc.constant('') }),
      fc.record({ kind: fc.constant('file' as const), path, target: fc.constant('') }),
      fc.record({ kind: fc.constant('link' as const), path, target: target(base) }),
    ),
    { maxLength: 12 },
  );

const isIn = (directory: string, found: string) => found === directory || found.startsWith(`${directory}/`);

describe.each(ways)('%s', (_, platform) => {
  test('whatever the tree, what is found is in a root, and is what the system finds there', async () => {
    const { files, base, root, reference, outside } = await openPlaces({ platform }, fastDirectory);
    let met = 0;

    async function problemOfLocating(asked: string, isPlain: boolean): Promise<string | undefined> {
      const real = attempt(() => realpathSync(join(root, asked)));
      const located = await files.locate(asked).catch(codeOf);
      const found = typeof located === 'string' ? undefined : located.absolutePath;
      if (isPlain && real && isIn(root, real) && found !== real)
        return `${asked} is at ${real}, not ${found}`;
      if (typeof located === 'string' || found === undefined) return undefined;
      met++;
      if (!isIn(root, found) && !isIn(reference, found)) return `${asked} left the roots for ${found}`;
      const expected = located.type === 'missing' ? undefined : found;
      const again = attempt(() => realpathSync(found));
      return again === expected ? undefined : `${found} is ${again}, not ${expected}`;
    }

    async function problemOfUsing(asked: string): Promise<string | undefined> {
      const read = await files.read(asked).catch(codeOf);
      if (typeof read !== 'string' && read.text !== 'inside') return `${asked} was read as ${read.text}`;
      const written = await files.write(asked, 'inside', { createDirectories: true }).catch(codeOf);
      if (typeof written === 'string') return undefined;
      const place = realpathSync(join(root, written.path));
      return isIn(root, place) ? undefined : `${asked} was written to ${place}`;
    }

    await fc.assert(
      fc.asyncProperty(
        tree(base),
        fc.array(path, { minLength: 1, maxLength: 6 }),
        async (entries, wanted) => {
          for (const old of readdirSync(root)) rmSync(join(root, old), { recursive: true });
          for (const entry of entries) plant(root, entry);
          // ".." behind a link means another place to the system than it does in the text.
          const hasDots = entries.some((entry) => entry.target.includes('..'));
          const problems: (string | undefined)[] = [];
          for (const asked of wanted)
            problems.push(await problemOfLocating(asked, !hasDots && !asked.includes('..')));
          for (const asked of wanted) problems.push(await problemOfUsing(asked));
          expect(problems.filter(Boolean)).toEqual([]);
          expect(readdirSync(outside)).toEqual(['secret']);
          expect(readdirSync(reference)).toEqual([]);
          expect(readdirSync(base).toSorted()).toEqual(['outside', 'reference', 'root']);
        },
      ),
      { numRuns: RUNS },
    );
    expect(met).toBeGreaterThan(RUNS / 2);
  }, 300_000);
});

function plant(
  root: string,
  { kind, path: wanted, target: link }: { kind: string; path: string; target: string },
): void {
  const names = relative(root, join(root, wanted)).split('/');
  if (names[0] === '' || names[0] === '..') return;
  let place = root;
  for (const directory of names.slice(0, -1)) {
    place = join(place, directory);
    attempt(() => mkdirSync(place));
    // A link made earlier may lead out; nothing is planted behind it.
    if (!lstatSync(place).isDirectory()) return;
  }
  place = join(place, names.at(-1)!);
  attempt(() => {
    if (kind === 'directory') mkdirSync(place);
    else if (kind === 'file') writeFileSync(place, 'inside', { flag: 'wx' });
    else symlinkSync(link, place);
  });
}

function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
