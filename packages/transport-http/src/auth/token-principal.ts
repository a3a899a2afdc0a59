import type { Principal } from '@toolyard/core';

/** What a token says, once it is known to be true. */
export type TokenClaims = Readonly<Record<string, unknown>>;

/** How claims become rights. */
export interface ClaimMapping {
  /** Default: the words of `scope`, or `scp`. */
  readonly scopes?: ((claims: TokenClaims) => readonly string[]) | undefined;
  /** Default: none. What issuers call roles differs, and so does who may set them. */
  readonly roles?: ((claims: TokenClaims) => readonly string[]) | undefined;
}

/** The principal a token stands for, or `undefined` where it names nobody. */
export function principalOf(
  issuer: string,
  claims: TokenClaims,
  mapping: ClaimMapping,
): Principal | undefined {
  const clientId = text(claims['client_id']) ?? text(claims['azp']);
  const { sub } = claims;
  const id = sub === undefined ? clientId : text(sub);
  if (id === undefined) return undefined;
  const roles = mapping.roles?.(claims);
  return Object.freeze({
    id,
    issuer,
    ...(clientId !== undefined && { clientId }),
    scopes: Object.freeze([...(mapping.scopes?.(claims) ?? scopesOf(claims))]),
    ...(roles && { roles: Object.freeze([...roles]) }),
    claims: Object.freeze({ ...claims }),
  });
}

/** Whether a token only counts together with a proof of possession, which a bearer does not give. */
export function isSenderConstrained(claims: TokenClaims): boolean {
  return claims['cnf'] !== undefined;
}

/** One of `audiences` is among those a token is for (RFC 8707). */
export function isFor(audiences: readonly string[], aud: unknown): boolean {
  const named = Array.isArray(aud) ? (aud as readonly unknown[]) : [aud];
  return named.some((one) => typeof one === 'string' && audiences.includes(one));
}

function scopesOf({ scope, scp }: TokenClaims): readonly string[] {
  const value = scope ?? scp;
  if (typeof value === 'string') return value.split(' ').filter(Boolean);
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
