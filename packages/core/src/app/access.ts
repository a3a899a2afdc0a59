import { AccessDeniedError, NotFoundError } from '../errors.ts';
import { mayKnow, missingScopes, type Access, type Principal } from '../principal.ts';

/** @throws {NotFoundError} where the principal may not even know of it. @throws {AccessDeniedError} without the scopes. */
export function enforceAccess(
  access: Access | undefined,
  principal: Principal,
  kind: 'tool' | 'prompt' | 'resource',
  name: string,
): void {
  if (access === undefined) return;
  if (!mayKnow(access, principal)) throw new NotFoundError(kind, name, { hidden: true });
  const missing = missingScopes(access, principal);
  if (missing.length > 0) throw new AccessDeniedError(`the ${kind} "${name}"`, access.scopes ?? missing);
}
