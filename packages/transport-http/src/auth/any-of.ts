import { InvalidOptionError, type Principal } from '@toolyard/core';

import { isChallenge, type Authenticate, type Challenge } from '../endpoint/auth.ts';

/**
 * An `auth` function that asks several, in order, until one knows the caller. Put those that answer by themselves
 * first: API keys, then JWT, then introspection.
 *
 * When none does, the answer is the one that says most: one that cannot tell at the moment (a thrown error, 503), a
 * 403, a refusal of what was sent, the first.
 *
 * @example
 * ```ts
 * import { anyOf, apiKeys, jwtAuth } from '@toolyard/transport-http/auth';
 *
 * const audience = 'https://tools.example/mcp';
 * const auth = anyOf(apiKeys([]), jwtAuth({ issuers: [{ issuer: 'https://id.example', audience }] }));
 * ```
 *
 * @throws {InvalidOptionError} `INVALID_OPTION` without any.
 */
export function anyOf(...ways: readonly Authenticate[]): Authenticate {
  if (ways.length === 0) throw new InvalidOptionError('anyOf', 'needs at least one auth function');

  return async function authenticateByAnyOf(request) {
    const refusals: Challenge[] = [];
    const failures: unknown[] = [];
    for (const way of ways) {
      let verdict: Principal | Challenge;
      try {
        verdict = await way(request);
      } catch (error) {
        failures.push(error);
        continue;
      }
      if (!isChallenge(verdict)) return verdict;
      refusals.push(verdict);
    }
    if (failures.length > 0) throw failures[0];
    return refusals.reduce((most, other) => (weightOf(other) > weightOf(most) ? other : most));
  };
}

function weightOf({ status, headers }: Challenge): number {
  if (status !== 401) return status === 403 ? 2 : 3;
  return headers['www-authenticate']?.includes('error=') ? 1 : 0;
}
