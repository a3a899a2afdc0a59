import type { Awaitable } from '../../awaitable.ts';
import { whenReady } from '../../awaitable.ts';
import { digest } from '../../digest.ts';
import { anonymous, type Principal } from '../../principal.ts';
import { isRecord } from '../../protocol/json-rpc.ts';
import type { SdkAuthInfo } from '../sdk-server.ts';

/** What the host's transport tells of a message. */
export interface SdkMessageInfo {
  /** What the host's token check found. */
  readonly authInfo: SdkAuthInfo | undefined;
  /** The id of the transport's session. */
  readonly sessionId: string | undefined;
  /** Reads a header of the HTTP request the message came with. */
  header(name: string): string | undefined;
}

/** What else comes with a message of the SDK: v1 has `requestInfo`, v2 has `request`. */
interface MessageExtra {
  readonly authInfo?: SdkAuthInfo;
  readonly requestInfo?: { readonly headers: Record<string, string | string[] | undefined> };
  readonly request?: { readonly headers: { get(name: string): string | null } };
  readonly closeSSEStream?: () => void;
}

/** What came with a message, the same for both versions of the SDK. */
export interface ReadExtra {
  readonly info: SdkMessageInfo;
  readonly isHttp: boolean;
  readonly closeStream: (() => void) | undefined;
}

export function readExtra(extra: unknown, sessionId: string | undefined): ReadExtra {
  const { authInfo, requestInfo, request, closeSSEStream }: MessageExtra = isRecord(extra) ? extra : {};
  const header = (name: string): string | undefined => {
    if (request) return request.headers.get(name) ?? undefined;
    const value = requestInfo?.headers[name.toLowerCase()];
    return Array.isArray(value) ? value[0] : value;
  };
  return {
    info: { authInfo, sessionId, header },
    isHttp: request !== undefined || requestInfo !== undefined,
    closeStream: closeSSEStream,
  };
}

/**
 * The principal of a message where the host gives no mapping. The SDK's `AuthInfo` names the OAuth client, which many
 * people share: without a `sub` the token itself tells them apart, as a digest.
 */
export function principalOf({ authInfo }: SdkMessageInfo): Awaitable<Principal> {
  if (!authInfo) return anonymous;
  const { token, clientId, scopes, extra = {} } = authInfo;
  const { sub, iss } = extra;
  const facts = { clientId, scopes, claims: extra };
  if (typeof sub === 'string') return { id: sub, ...(typeof iss === 'string' && { issuer: iss }), ...facts };
  return whenReady(digest(token), (hash) => ({ id: `token:${hash}`, ...facts }));
}
