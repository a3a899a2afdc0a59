import type { Call } from '../../call.ts';
import { isRecord } from '../../protocol/json-rpc.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import { MetaKey } from '../../protocol/meta.ts';
import { anonymous, local } from '../../principal.ts';
import type { SdkAuthInfo } from '../sdk-server.ts';
import type { HostConnections } from './host-connections.ts';
import { RelayedCall } from './relayed-call.ts';
import type { WaitingCalls } from './waiting-calls.ts';

/** Has a request answered by the host's server on behalf of a call. */
export type Relay = (call: Call, method: string, params: JsonObject) => Promise<JsonObject>;

export function createRelay(
  connections: HostConnections,
  waiting: WaitingCalls,
  authInfo: (call: Call) => SdkAuthInfo | undefined,
): Relay {
  return async function relay(call, method, params) {
    const request = `${method} ${JSON.stringify(params)}`;
    let relayed = waiting.take(call, request);
    if (!relayed) {
      const connection = await connections.for(call);
      const listener = (relayed = new RelayedCall());
      const meta = metaFor(call);
      relayed.start((signal) =>
        connection.request(
          method,
          { ...params, ...(meta && { _meta: meta }) },
          { signal, listener, authInfo: authInfo(call) },
        ),
      );
    }
    const ending = await relayed.continueFor(call);
    if ('result' in ending) return ending.result;
    waiting.keep(call, relayed, request);
    throw ending.unanswered;
  };
}

/**
 * The SDK's word for a principal: its scopes, and the rest under `extra`. There is no token: the one a client sent
 * stays with the transport that checked it.
 */
export function authInfoOf({ principal }: Call): SdkAuthInfo | undefined {
  if (principal === local || principal === anonymous) return undefined;
  const { id, issuer, clientId = id, scopes, claims } = principal;
  return {
    token: '',
    clientId,
    scopes: scopes === '*' ? [] : [...scopes],
    extra: { ...claims, sub: id, ...(issuer !== undefined && { iss: issuer }) },
  };
}

/** What the client sent along, without what is between it and us. */
function metaFor(call: Call): JsonObject | undefined {
  const meta = call.params['_meta'];
  if (!isRecord(meta)) return undefined;
  const kept = Object.entries(meta).filter(
    ([key]) => key !== MetaKey.progressToken && !key.startsWith('io.modelcontextprotocol/'),
  );
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
