/** On whose behalf a message came. Caches, limits, sessions and stored state are keyed by it. */
export interface Principal {
  /** Stable and unique within `issuer`. Without an issuer, `anonymous` and `local` are taken. */
  readonly id: string;
  /** Who vouches for `id`: an OAuth issuer, a key ring. */
  readonly issuer?: string | undefined;
  /** The OAuth client, where there is one. */
  readonly clientId?: string | undefined;
  /** What it may do; `'*'` stands for everything. */
  readonly scopes: readonly string[] | '*';
  readonly roles?: readonly string[] | undefined;
  /** What the authenticator knows besides, for your own handlers. Never sent anywhere. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

/** Nobody in particular: no scopes. */
export const anonymous: Principal = Object.freeze({ id: 'anonymous', scopes: Object.freeze([]) });

/** The user who started this process: all scopes. */
export const local: Principal = Object.freeze({ id: 'local', scopes: '*' });

/** One string for a principal, safe as a key: two principals never share it. */
export function principalKey({ issuer, id, clientId }: Principal): string {
  if (issuer === undefined && clientId === undefined) return JSON.stringify(id);
  return JSON.stringify([issuer ?? null, id, clientId ?? null]);
}

/** One string for tenant and principal together: two callers never share it. */
export function callerKey(caller: {
  readonly tenant: string | undefined;
  readonly principal: Principal;
}): string {
  return JSON.stringify([caller.tenant ?? null, principalKey(caller.principal)]);
}

/** Who may use a definition. Everything named has to hold; without any of it, everybody may. */
export interface Access {
  /** All of these scopes are needed. A principal without them is told which. */
  readonly scopes?: readonly string[] | undefined;
  /** One of these roles is needed. To others the definition does not exist. */
  readonly roles?: readonly string[] | undefined;
  /** Decides for itself; to refused principals the definition does not exist. Called often: keep it cheap. */
  readonly allow?: ((principal: Principal) => boolean) | undefined;
}

/** Scopes of `access` that the principal lacks. */
export function missingScopes(access: Access | undefined, principal: Principal): readonly string[] {
  if (!access?.scopes || principal.scopes === '*') return [];
  const held = principal.scopes;
  return access.scopes.filter((scope) => !held.includes(scope));
}

/** Whether the definition exists for the principal at all, scopes aside. */
export function mayKnow(access: Access | undefined, principal: Principal): boolean {
  if (!access) return true;
  const hasRole =
    principal === local || !access.roles || access.roles.some((role) => principal.roles?.includes(role));
  return hasRole && (access.allow?.(principal) ?? true);
}

/** Whether the definition is listed for the principal. */
export function mayUse(access: Access | undefined, principal: Principal): boolean {
  return (
    access === undefined || (mayKnow(access, principal) && missingScopes(access, principal).length === 0)
  );
}
