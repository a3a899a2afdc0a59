import { InvalidOptionError } from '../errors.ts';
import { isRecord } from '../protocol/json-rpc.ts';
import { toBase64 } from '../results.ts';
import { findSlowness } from './linear.ts';
import { MIN_MATCH_LENGTH, normalizeKey, secretKeys, secretPatterns } from './patterns.ts';

/** Options of `redact`: what counts as secret. */
export interface RedactOptions {
  /**
   * Exact values, at least 6 characters each: what your handlers hold and nobody may see. Their forms in JSON, in
   * URLs and in base64 are masked with them.
   */
  readonly secrets?: readonly string[] | undefined;
  /**
   * Patterns besides the built-in ones. A group named `keep` at the start stays readable. They run on text that
   * others may write, so they have to be linear: begin with a literal and repeat nothing inside a repetition.
   */
  readonly patterns?: readonly RegExp[] | undefined;
  /**
   * Names of properties besides the built-in ones (`password`, `token`, `apiKey`, `authorization` …) whose values are
   * masked whatever they look like. Compared without case, `-`, `_`, `.` and spaces.
   */
  readonly keys?: readonly string[] | undefined;
  /** `false` leaves out the built-in patterns and names. Default: true. */
  readonly builtIn?: boolean | undefined;
  /** What stands where a secret was. Default: `[redacted]`. */
  readonly replacement?: string | undefined;
}

/** Masks secrets. Gives back the same value when there was nothing to mask. */
export interface Redactor {
  /** Masks by value and by pattern. */
  text(text: string): string;
  /** Masks every string inside of JSON; with `keys`, also whatever lies under the name of a secret. */
  value<T>(value: T, options?: { readonly keys?: boolean }): T;
  /** Like {@link Redactor.text}; where the text is JSON, it is masked like a value. */
  document(text: string): string;
  /** How far a secret may reach; for those who mask a text piece by piece. */
  readonly reach: SecretReach;
}

/** Where a text must not be cut before it is masked, besides inside of words. */
export interface SecretReach {
  /** Exact secrets with white space in them. */
  readonly phrases: readonly string[];
  /** Whether a pattern may match white space, so that lines have to stay whole. */
  readonly lines: boolean;
}

const MIN_SECRET_LENGTH = 6;

/** @throws {InvalidOptionError} for a secret that is too short, and for a pattern that matches nothing or is slow. */
export function redactor(options: RedactOptions = {}): Redactor {
  const { secrets = [], patterns = [], keys = [], builtIn = true, replacement = '[redacted]' } = options;
  if (secrets.some((secret) => typeof secret !== 'string' || secret.length < MIN_SECRET_LENGTH)) {
    throw new InvalidOptionError('secrets', `must have at least ${MIN_SECRET_LENGTH} characters each`);
  }
  const needles = [...new Set(secrets.flatMap(formsOf))].toSorted((a, b) => b.length - a.length);
  const expressions = patterns.map(checkPattern);
  const known = builtIn ? secretPatterns : [];
  const names = new Set([...keys.map(normalizeKey), ...(builtIn ? secretKeys : [])]);
  const namedInJson =
    names.size === 0 ? undefined : new RegExp(`"(?:${[...names].map(looseKey).join('|')})"`, 'i');

  function text(original: string): string {
    let masked = original;
    for (const needle of needles)
      if (masked.includes(needle)) masked = masked.replaceAll(needle, () => replacement);
    for (const expression of expressions) masked = masked.replace(expression, keepStart);
    if (masked.length < MIN_MATCH_LENGTH) return masked;
    for (const { pattern, needs } of known) {
      if (needs === undefined || masked.includes(needs)) masked = masked.replace(pattern, keepStart);
    }
    return masked;
  }

  function keepStart(...match: unknown[]): string {
    const groups = match.at(-1);
    return isRecord(groups) && typeof groups['keep'] === 'string'
      ? groups['keep'] + replacement
      : replacement;
  }

  function walk(value: unknown, byKey: boolean): unknown {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return mapArray(value, (item) => walk(item, byKey));
    if (!isRecord(value)) return value;
    // What goes out is the JSON of a URL, a Date or a class of yours, so that is what has to be looked at.
    if (typeof value['toJSON'] === 'function') return walk(value['toJSON'](), byKey);
    return mapRecord(value, text, (item, key) =>
      byKey && names.has(normalizeKey(key)) ? hide(item) : walk(item, byKey),
    );
  }

  /** Types stay what they are, so that the value still fits its schema. */
  function hide(value: unknown): unknown {
    if (typeof value === 'string') return value === '' ? value : replacement;
    if (typeof value === 'number') return 0;
    if (Array.isArray(value)) return mapArray(value, hide);
    return isRecord(value) ? mapRecord(value, text, hide) : value;
  }

  return {
    text,
    reach: {
      phrases: needles.filter((needle) => /\s/.test(needle)),
      lines: expressions.some(mayMatchSpace),
    },
    value: <T>(value: T, { keys: byKey = false } = {}) => walk(value, byKey) as T,
    document(original) {
      const first = original.trimStart()[0];
      if ((first !== '{' && first !== '[') || namedInJson?.test(original) !== true) return text(original);
      const parsed = parse(original);
      if (parsed === undefined) return text(original);
      const masked = walk(parsed, true);
      if (masked === parsed) return original;
      return JSON.stringify(masked, undefined, /^[[{]\r?\n/.test(original.trimStart()) ? 2 : undefined);
    },
  };
}

/** The secret as it is, and as it appears inside JSON, a URL and base64. */
function formsOf(secret: string): string[] {
  const base64 = toBase64(new TextEncoder().encode(secret)).replace(/=+$/, '');
  const base64Url = base64.replaceAll('+', '-').replaceAll('/', '_');
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, encodeURIComponent(secret.toWellFormed()), base64, base64Url];
}

function checkPattern(pattern: RegExp): RegExp {
  const problem = findSlowness(pattern);
  if (problem !== undefined)
    throw new InvalidOptionError(`patterns: ${String(pattern)}`, `${problem}: too slow for hostile text`);
  const flags = new Set(pattern.flags.replaceAll(/[gy]/g, ''));
  const global = new RegExp(pattern.source, [...flags, 'g'].join(''));
  if (''.search(global) === 0)
    throw new InvalidOptionError(`patterns: ${String(pattern)}`, 'must not match nothing');
  return global;
}

/** Errs on the safe side: everything may but what is plainly a word. */
function mayMatchSpace({ source }: RegExp): boolean {
  const unescaped = source.replaceAll(/\\[dwSbB\\/.+*?()[\]{}|^$-]/g, '');
  // oxlint-disable-next-line eslint/no-control-regex -- the start of a range that goes over the space
  return /[\s\\.\0-\x1F]|\[\^|\(\?<?[=!]/.test(unescaped);
}

function looseKey(name: string): string {
  return Array.from(name, escapeChar).join('[-_. ]?');
}

function escapeChar(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/]/, String.raw`\$&`);
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function mapArray(items: readonly unknown[], map: (item: unknown) => unknown): readonly unknown[] {
  let changed = false;
  const mapped = items.map((item) => {
    const next = map(item);
    changed ||= next !== item;
    return next;
  });
  return changed ? mapped : items;
}

function mapRecord(
  record: Record<string, unknown>,
  mapKey: (key: string) => string,
  map: (item: unknown, key: string) => unknown,
): Record<string, unknown> {
  let changed = false;
  const entries = Object.entries(record).map(([key, item]): [string, unknown] => {
    const [nextKey, next] = [mapKey(key), map(item, key)];
    changed ||= next !== item || nextKey !== key;
    return [nextKey, next];
  });
  return changed ? Object.fromEntries(entries) : record;
}
