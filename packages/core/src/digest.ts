import type { Awaitable } from './awaitable.ts';
import { canonicalJson } from './protocol/canonical-json.ts';

/**
 * 64 hexadecimal digits for JSON of any length, the same for the same JSON whatever the order of its properties.
 * At once where there is `node:crypto`, later where there is Web Crypto alone.
 */
export function digest(value: unknown): Awaitable<string> {
  const text = canonicalJson(value);
  return sha256Now ? sha256Now(text) : webHash(text);
}

type Hash = (algorithm: 'sha256', text: string, encoding: 'hex') => string;

// Not imported: the middleware also runs where there is no Node. With Web Crypto each hash takes a detour through the
// thread pool, which costs more than ten times as much.
const nodeHash = (
  globalThis as { process?: { getBuiltinModule?(id: string): { readonly hash?: Hash } | undefined } }
).process?.getBuiltinModule?.('node:crypto')?.hash;

/** SHA-256 of a text, in hexadecimal, without a wait. Only where there is `node:crypto`. */
export const sha256Now = nodeHash && ((text: string): string => nodeHash('sha256', text, 'hex'));

const encoder = new TextEncoder();

async function webHash(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', encoder.encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
