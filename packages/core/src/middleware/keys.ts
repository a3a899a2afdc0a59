import type { Call } from '../call.ts';
import { canonicalJson } from '../protocol/canonical-json.ts';
import { principalKey } from '../principal.ts';

/** One string for tenant and principal together: two callers never share it. */
export function callerKey({ tenant, principal }: Pick<Call, 'tenant' | 'principal'>): string {
  return JSON.stringify([tenant ?? null, principalKey(principal)]);
}

const encoder = new TextEncoder();

/** 64 hexadecimal digits for JSON of any length, the same for the same JSON whatever the order of its properties. */
export async function digest(value: unknown): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', encoder.encode(canonicalJson(value)));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
