import { canonicalJson } from './protocol/canonical-json.ts';

const encoder = new TextEncoder();

/** 64 hexadecimal digits for JSON of any length, the same for the same JSON whatever the order of its properties. */
export async function digest(value: unknown): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', encoder.encode(canonicalJson(value)));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
