import { isRecord } from '../protocol/json-rpc.ts';

/** A smaller value of the same form, and the places at which something was taken out. */
export interface ShortenedValue {
  readonly value: unknown;
  readonly cuts: readonly string[];
}

/** Gives the places, as keys from the top, at which a value does not fit its schema; none if it fits. */
export type CheckValue = (value: unknown) => Promise<readonly (readonly string[])[]>;

/** What strings, lists and maps are cut to, one after the other until the whole fits. */
const STEPS = [
  { chars: 8_000, items: 1_000 },
  { chars: 2_000, items: 300 },
  { chars: 500, items: 100 },
  { chars: 200, items: 30 },
  { chars: 100, items: 10 },
  { chars: 50, items: 3 },
  { chars: 20, items: 1 },
] as const;

/** What the schema refuses is put back, so often. */
const MAX_REPAIRS = 8;
/** A map with fewer entries is a record: each of them has its meaning. */
const MIN_MAP = 50;

/**
 * Shortens long strings to their start, and lists and maps to their first items, until the JSON of the value has at
 * most `maxChars`. What the schema then finds wrong stays as it was.
 *
 * @returns `undefined` when nothing that fits is small enough.
 */
export async function shortenValue(
  value: unknown,
  maxChars: number,
  check: CheckValue,
): Promise<ShortenedValue | undefined> {
  if ((await check(value)).length > 0) return undefined; // a schema that changes values: what it gives it does not take
  const kept = new Set<string>();
  for (const step of STEPS) {
    for (let repair = 0; repair < MAX_REPAIRS; repair++) {
      const shortened = cut(value, step, kept);
      const wrong = await check(shortened.value);
      if (wrong.length === 0) {
        if (JSON.stringify(shortened.value).length <= maxChars) return shortened;
        break;
      }
      const blamed = shortened.cuts.filter((place) => wrong.some((path) => concerns(pointerOf(path), place)));
      if (blamed.length === 0) break;
      for (const place of blamed) kept.add(place);
    }
  }
  return undefined;
}

function cut(
  value: unknown,
  { chars, items }: (typeof STEPS)[number],
  kept: ReadonlySet<string>,
): ShortenedValue {
  const cuts: string[] = [];

  function walk(item: unknown, place: string): unknown {
    if (typeof item === 'string')
      return item.length <= chars + 40 || kept.has(place) ? item : cutString(item, place);
    if (Array.isArray(item)) {
      const list = limit(item, items, place);
      return list.map((entry: unknown, index) => walk(entry, `${place}/${index}`));
    }
    if (!isRecord(item)) return item;
    const entries = limit(Object.entries(item), Math.max(items, MIN_MAP), place);
    return Object.fromEntries(entries.map(([key, entry]) => [key, walk(entry, `${place}/${escape(key)}`)]));
  }

  function cutString(text: string, place: string): string {
    cuts.push(place);
    const start = text.slice(0, /[\uD800-\uDBFF]/.test(text[chars - 1] ?? '') ? chars - 1 : chars);
    return `${start}… [${text.length - start.length} more characters]`;
  }

  function limit<T>(list: readonly T[], max: number, place: string): readonly T[] {
    if (list.length <= max || kept.has(place)) return list;
    cuts.push(place);
    return list.slice(0, max);
  }

  return { value: walk(value, ''), cuts };
}

/** Whether what is wrong at one place may come from a cut at another: the same, one around it, or one within. */
function concerns(wrong: string, place: string): boolean {
  return wrong === place || wrong.startsWith(`${place}/`) || place.startsWith(`${wrong}/`);
}

function pointerOf(path: readonly string[]): string {
  return path.map((key) => `/${escape(key)}`).join('');
}

/** As in a JSON pointer. */
function escape(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
