import { callerKey, type Call } from '@toolyard/core';

/** Whose processes and output a call is about: the key that artifacts are kept under as well. */
export function ownerOf({ tenant, principal }: Pick<Call, 'tenant' | 'principal'>): string {
  return callerKey({ tenant, principal });
}
