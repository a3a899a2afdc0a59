import * as api from '@opentelemetry/api';
import type { Baggage, Context, Link, TextMapGetter } from '@opentelemetry/api';
import { anonymous, type Principal } from '../../principal.ts';
import { MetaKey } from '../../protocol/meta.ts';

/** Whose trace context becomes the parent of ours. */
export type TrustRemoteParent = 'always' | 'authenticated' | 'never';

export interface Parent {
  readonly context: Context;
  readonly links: Link[] | undefined;
}

export interface RemoteParentRules {
  readonly trust: TrustRemoteParent;
  /** Keys of the baggage that is let in. */
  readonly baggage: ReadonlySet<string>;
}

/** The bound of W3C Baggage, and far above that of a trace state. */
const MAX_LENGTH = 8192;
const MAX_ENTRIES = 32;
const MAX_VALUE_LENGTH = 256;

/**
 * Where the span of a call belongs. The client's own span, from `params._meta`, is the parent and the ambient one (of
 * the HTTP request) is linked; a client that is not trusted is only linked, so that it cannot decide what is sampled.
 */
export function findParent(
  meta: Record<string, unknown> | undefined,
  principal: Principal,
  rules: RemoteParentRules,
): Parent {
  const ambient = api.context.active();
  if (meta === undefined) return { context: ambient, links: undefined };
  const getter = getterFor(rules.baggage);
  const ambientSpan = api.trace.getSpanContext(ambient);
  if (!isTrusted(principal, rules.trust)) {
    const remoteSpan = api.trace.getSpanContext(api.propagation.extract(api.ROOT_CONTEXT, meta, getter));
    return { context: ambient, links: remoteSpan && [{ context: remoteSpan }] };
  }
  const context = filterBaggage(api.propagation.extract(ambient, meta, getter), ambient, rules.baggage);
  const isRemote = api.trace.getSpanContext(context) !== ambientSpan;
  return { context, links: isRemote && ambientSpan ? [{ context: ambientSpan }] : undefined };
}

function isTrusted(principal: Principal, trust: TrustRemoteParent): boolean {
  if (trust !== 'authenticated') return trust === 'always';
  return principal.id !== anonymous.id || principal.issuer !== undefined;
}

function getterFor(baggage: ReadonlySet<string>): TextMapGetter<Record<string, unknown>> {
  return baggage.size === 0 ? withoutBaggage : withBaggage;
}

const withBaggage: TextMapGetter<Record<string, unknown>> = {
  keys: (meta) => Object.keys(meta),
  get(meta, key) {
    const value = Object.hasOwn(meta, key) ? meta[key] : undefined;
    return typeof value === 'string' && value.length <= MAX_LENGTH ? value : undefined;
  },
};

const withoutBaggage: TextMapGetter<Record<string, unknown>> = {
  keys: (meta) => Object.keys(meta),
  get: (meta, key) => (key === MetaKey.baggage ? undefined : withBaggage.get(meta, key)),
};

/** What the client sent is cut to what is allowed; without any, the ambient baggage stays. */
function filterBaggage(context: Context, ambient: Context, allowed: ReadonlySet<string>): Context {
  const { propagation } = api;
  const [sent, before] = [propagation.getBaggage(context), propagation.getBaggage(ambient)];
  if (sent === undefined || sent === before) return context;
  const kept = sent
    .getAllEntries()
    .filter(([key, { value }]) => allowed.has(key) && value.length <= MAX_VALUE_LENGTH)
    .slice(0, MAX_ENTRIES);
  if (kept.length === 0) return restore(context, before);
  return propagation.setBaggage(
    context,
    propagation.createBaggage(Object.fromEntries([...(before?.getAllEntries() ?? []), ...kept])),
  );
}

function restore(context: Context, baggage: Baggage | undefined): Context {
  return baggage ? api.propagation.setBaggage(context, baggage) : api.propagation.deleteBaggage(context);
}
