/** What the built-in middleware knows of a call beyond its public face. */
import type { Call } from '../call.ts';
import type { Resource } from '../registry/resource.ts';
import { stateOf } from './call-state.ts';
import { findResource } from './catalog.ts';

/** Whether a handler has asked the client's person, model or roots. What it then gives holds for this call alone. */
export function hasAsked(call: Call): boolean {
  return stateOf(call)?.asked ?? false;
}

/** The result of a handler that still runs although its call was given up; `undefined` when none does. */
export function lateResult(call: Call): Promise<object> | undefined {
  return stateOf(call)?.lateResult?.();
}

/** The resource or template that serves a URI. */
export function resourceAt(call: Call, uri: string): Resource | undefined {
  const catalog = stateOf(call)?.core.catalog;
  return catalog && findResource(catalog, uri)?.entry.compiled.resource;
}
