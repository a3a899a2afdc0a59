import { InvalidOptionError } from '../errors.ts';
import { StoreError, type StoreWriteOptions } from '../store.ts';

const maxKeyLength = 1024;
const maxDepth = 256;

/** The largest value drivers accept unless told otherwise, in bytes of JSON. */
export const defaultMaxValueBytes = 1024 * 1024;

/** What every driver promises about keys. */
export function checkKey(key: string): void {
  if (typeof key !== 'string') throw new StoreError('STORE_KEY_INVALID', 'A key is a string.');
  if (key.length > maxKeyLength) {
    throw new StoreError(
      'STORE_KEY_INVALID',
      `A key has at most ${maxKeyLength} characters, this one has ${key.length}. Hash what is longer.`,
    );
  }
  // In UTF-8 all lone surrogates become the same character: different keys would be one.
  if (!key.isWellFormed()) {
    throw new StoreError('STORE_KEY_INVALID', 'A key is well-formed text: this one has a lone surrogate.');
  }
}

/** The value as JSON text, after checking that reading it back gives the same value. */
export function encodeValue(value: unknown, maxValueBytes: number): string {
  const problem = findProblem(value, []);
  if (problem !== undefined) {
    throw new StoreError('STORE_VALUE_INVALID', `Only JSON can be stored: the value${problem}.`);
  }
  const text = JSON.stringify(value);
  if (isLongerThan(text, maxValueBytes)) {
    throw new StoreError('STORE_VALUE_TOO_LARGE', `A value has at most ${maxValueBytes} bytes of JSON.`);
  }
  return text;
}

/** What an entry counts towards `maxBytes`; refused when it could never fit. */
export function countBytes(key: string, text: string, maxBytes: number): number {
  const bytes = byteLength(key) + byteLength(text);
  if (bytes > maxBytes) {
    throw new StoreError(
      'STORE_VALUE_TOO_LARGE',
      `The whole store has ${maxBytes} bytes, this entry ${bytes}.`,
    );
  }
  return bytes;
}

/** The first moment at which the entry is gone; `Infinity` without a time to live. */
export function expiryOf(now: number, { ttlMs }: StoreWriteOptions = {}): number {
  if (ttlMs === undefined) return Infinity;
  if (!Number.isFinite(ttlMs) || ttlMs <= 0)
    throw new InvalidOptionError('ttlMs', 'must be above 0 and finite');
  return Math.min(Math.ceil(now + ttlMs), Number.MAX_SAFE_INTEGER);
}

const buffer = (globalThis as { Buffer?: { byteLength(text: string): number } }).Buffer;
const encoder = new TextEncoder();

function byteLength(text: string): number {
  return buffer ? buffer.byteLength(text) : encoder.encode(text).byteLength;
}

// A UTF-16 unit takes one to three bytes: most values need no counting.
function isLongerThan(text: string, maxBytes: number): boolean {
  return text.length > maxBytes || (text.length * 3 > maxBytes && byteLength(text) > maxBytes);
}

/** What keeps the value from being JSON and where, as the end of a sentence: `.user.since is a Date`. */
function findProblem(value: unknown, ancestors: object[]): string | undefined {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : ` is ${value}`;
  if (typeof value !== 'object') return value === undefined ? ' is undefined' : ` is a ${typeof value}`;
  if (ancestors.includes(value)) return ' contains itself';
  if (ancestors.length === maxDepth) return ` is nested more than ${maxDepth} deep`;
  ancestors.push(value);
  const problem = Array.isArray(value) ? findInArray(value, ancestors) : findInObject(value, ancestors);
  ancestors.pop();
  return problem;
}

function findInArray(values: readonly unknown[], ancestors: object[]): string | undefined {
  // By index: `forEach` and its kin skip holes, and JSON would fill them with null.
  for (let index = 0; index < values.length; index++) {
    const problem = findProblem(values[index], ancestors);
    if (problem !== undefined) return `[${index}]${problem}`;
  }
  return undefined;
}

function findInObject(value: object, ancestors: object[]): string | undefined {
  if (!isPlain(value)) return ` is an instance of ${value.constructor?.name || 'a class'}`;
  for (const [name, item] of Object.entries(value)) {
    if (item === undefined) continue;
    const problem = findProblem(item, ancestors);
    if (problem !== undefined) return `.${name}${problem}`;
  }
  return undefined;
}

// Objects of another realm (a vm context, a test runner's) are plain too, though their prototype is not ours.
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}
