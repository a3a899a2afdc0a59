import { abortError } from '../../abort.ts';
import { InvalidParamsError, isShutdownError } from '../../errors.ts';
import { isRecord } from '../../protocol/json-rpc.ts';
import type { JsonObject, SubscriptionFilter } from '../../protocol/messages.ts';
import { MetaKey } from '../../protocol/meta.ts';
import { mayUse } from '../../principal.ts';
import { capabilitiesOf } from '../capabilities.ts';
import type { CallView } from '../call-view.ts';
import { findResource } from '../catalog.ts';
import type { AppCore } from '../core.ts';
import { notificationOf, type Change } from '../hub.ts';
import type { Method } from './method.ts';
import { mayWatch } from './resources.ts';
import { findExcess } from './subscribed-uris.ts';

/**
 * Stays open until the client leaves or the app closes, which it tells with an empty result.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/utilities/subscriptions
 */
export const listen: Method = {
  era: 'modern',
  resolve: (core) => ({ timeoutMs: Infinity, run: (call) => stream(core, call) }),
};

async function stream(core: AppCore, call: CallView): Promise<JsonObject> {
  const { state } = call;
  const honored = await honor(core, call, parseFilter(call.params['notifications']));
  const stamp = { [MetaKey.subscriptionId]: call.requestId };
  const end = { _meta: stamp };
  const send = (method: string, params: JsonObject) =>
    state.exchange.notify({ method, params: { ...params, _meta: stamp } });

  if (Object.keys(honored).length === 0) {
    send('notifications/subscriptions/acknowledged', { notifications: honored });
    return end;
  }
  const uris = new Set(honored.resourceSubscriptions);
  const stop = core.hub.listen((change) => {
    if (!wants(honored, uris, change)) return;
    if (change.kind === 'resource' && !maySee(core, call, change.uri)) return;
    const { method, params } = notificationOf(change);
    send(method, params ?? {});
  });
  try {
    send('notifications/subscriptions/acknowledged', { notifications: honored });
    await untilOver(call);
  } finally {
    stop();
  }
  return end;
}

/** Resolves when the stream is to end in order, rejects when its client has left. */
function untilOver({ state, narrowedSignal }: CallView): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = () => resolve();
    state.onAbort((reason) => (isShutdownError(reason) ? finish() : reject(abortError(reason))));
    if (narrowedSignal?.aborted) finish();
    narrowedSignal?.addEventListener('abort', finish, { once: true });
    state.onSettled(() => narrowedSignal?.removeEventListener('abort', finish));
  });
}

function parseFilter(value: unknown): SubscriptionFilter {
  if (!isRecord(value)) throw new InvalidParamsError('params.notifications must be an object.');
  for (const flag of ['toolsListChanged', 'promptsListChanged', 'resourcesListChanged']) {
    if (value[flag] !== undefined && typeof value[flag] !== 'boolean') {
      throw new InvalidParamsError(`params.notifications.${flag} must be a boolean.`);
    }
  }
  const uris = value['resourceSubscriptions'];
  if (uris !== undefined && !(Array.isArray(uris) && uris.every((uri) => typeof uri === 'string'))) {
    throw new InvalidParamsError('params.notifications.resourceSubscriptions must be a list of strings.');
  }
  const excess = uris && findExcess(uris);
  if (excess) throw new InvalidParamsError(`params.notifications.resourceSubscriptions: ${excess}`);
  return value;
}

/** The part of a filter that this app can serve; the acknowledgement names it. */
async function honor(core: AppCore, call: CallView, filter: SubscriptionFilter): Promise<SubscriptionFilter> {
  const { prompts, resources } = capabilitiesOf(core);
  const uris: string[] = [];
  for (const uri of (resources && filter.resourceSubscriptions) || [])
    if (await mayWatch(findResource(core.catalog, uri), call)) uris.push(uri);
  return {
    ...(filter.toolsListChanged && { toolsListChanged: true }),
    ...(filter.promptsListChanged && prompts && { promptsListChanged: true }),
    ...(filter.resourcesListChanged && resources && { resourcesListChanged: true }),
    ...(uris.length > 0 && { resourceSubscriptions: uris }),
  };
}

function wants(filter: SubscriptionFilter, uris: ReadonlySet<string>, change: Change): boolean {
  switch (change.kind) {
    case 'tools':
      return filter.toolsListChanged === true;
    case 'prompts':
      return filter.promptsListChanged === true;
    case 'resources':
      return filter.resourcesListChanged === true;
    case 'resource':
      return uris.has(change.uri);
  }
}

function maySee(core: AppCore, call: CallView, uri: string): boolean {
  const resource = findResource(core.catalog, uri)?.entry.compiled.resource;
  return resource === undefined || mayUse(resource.access, call.principal);
}
