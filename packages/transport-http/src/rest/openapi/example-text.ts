import type { JsonObject } from '@toolyard/core/protocol';

/** Addresses and names are of the ranges that are set apart for documents (RFC 2606, 5737, 3849). */
const BY_FORMAT: Readonly<Record<string, string>> = {
  date: '2026-01-31',
  'date-time': '2026-01-31T12:00:00Z',
  time: '12:00:00Z',
  duration: 'PT1H',
  email: 'ada@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  'json-pointer': '/name',
  regex: '^a',
  uri: 'https://example.com/',
  'uri-reference': '/path',
  url: 'https://example.com/',
  uuid: '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
};

/** Longer examples than this help nobody. */
const MAX_LENGTH = 256;

/**
 * A text for a schema of type `string`.
 *
 * @throws {RangeError} where none is found for its pattern.
 */
export function exampleText({ format, minLength, maxLength, pattern }: JsonObject): string {
  const known = typeof format === 'string' ? BY_FORMAT[format] : undefined;
  if (known !== undefined) return known;
  const least = typeof minLength === 'number' ? minLength : 0;
  const most = typeof maxLength === 'number' ? maxLength : MAX_LENGTH;
  const fitted = (word: string) =>
    word.padEnd(Math.min(least, MAX_LENGTH), word === '' ? 'a' : word).slice(0, Math.max(most, 0));
  if (typeof pattern !== 'string') return fitted('text');
  const found = isSimple(pattern) ? WORDS.map(fitted).find((word) => matches(pattern, word)) : undefined;
  if (found === undefined) throw new RangeError('No word fits the pattern.');
  return found;
}

/** Tried in turn where there is a pattern. */
const WORDS = [
  'text',
  'a',
  'A',
  '1',
  '2026',
  'ab12',
  'AB-12',
  'a_b',
  '/a',
  'a.txt',
  '1.0.0',
  '#a1b2c3',
  'text text',
  '',
];

/** Whether a pattern is quickly done with: no repeated groups, no references back, few open ends. */
function isSimple(pattern: string): boolean {
  const openEnds = pattern.match(/[*+]|,\}/g) ?? [];
  return pattern.length <= MAX_LENGTH && openEnds.length <= 2 && !/\)[*+{]|\\[1-9k]/.test(pattern);
}

function matches(pattern: string, word: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(word.slice(0, MAX_TRIED));
  } catch {
    return false;
  }
}

/** Characters of a word that a pattern is tried on. */
const MAX_TRIED = 64;
