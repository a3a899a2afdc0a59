import { challenge, type Challenge } from '../endpoint/auth.ts';
import type { AuthRequest } from '../endpoint/message.ts';

/** The token of `Authorization: Bearer …`. Never one in the query: URLs end up in logs. */
export function bearerToken(request: AuthRequest): string | undefined {
  return /^bearer +(\S+)$/i.exec(request.header('authorization') ?? '')?.[1];
}

/** A refusal of a request without a token. RFC 6750 gives such an answer no error code. */
export function tokenMissing(): Challenge {
  return challenge({ description: 'Send an access token as a bearer token.' });
}

/** A refusal of the token that was sent. `description` is for the client: nothing of the token may be in it. */
export function tokenInvalid(description = 'The access token is not valid.'): Challenge {
  return challenge({ error: 'invalid_token', description });
}

/** Neither yes nor no: whoever could tell does not answer. A 401 would make clients throw good tokens away. */
export function authUnavailable(): Challenge {
  return {
    challenge: true,
    // The endpoint sends any status; the type knows the two of RFC 6750.
    status: 503,
    headers: { 'retry-after': '1' },
    message: 'Credentials cannot be checked at the moment; try again soon.',
  };
}
