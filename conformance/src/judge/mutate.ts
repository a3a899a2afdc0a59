import { isRecord } from '@toolyard/core/protocol';

import type { Step } from './traffic.ts';

/** One change to a well-formed request. Places are picked by number, so that they shrink. */
export type Mutation =
  | { readonly kind: 'delete'; readonly place: number }
  | { readonly kind: 'replace'; readonly place: number; readonly value: unknown }
  | { readonly kind: 'add'; readonly place: number; readonly value: unknown }
  | { readonly kind: 'header'; readonly place: number; readonly value: string | undefined };

/** A step with some changes, one after the other. */
export function mutate(step: Step, mutations: readonly Mutation[]): Step {
  let { headers } = step;
  const message = JSON.parse(step.body!) as unknown;
  for (const mutation of mutations) {
    if (mutation.kind === 'header') headers = changeHeader(headers, mutation.place, mutation.value);
    else changeBody(message, mutation);
  }
  return { ...step, headers, body: JSON.stringify(message) };
}

function changeHeader(headers: Step['headers'], place: number, value: string | undefined): Step['headers'] {
  // The host is judged apart: a wrong one is refused whatever else there is.
  const names = Object.keys(headers).filter((header) => header !== 'host');
  const { [names[place % names.length]!]: _changed, ...rest } = headers;
  return value === undefined ? rest : { ...rest, [names[place % names.length]!]: value };
}

function changeBody(message: unknown, mutation: Exclude<Mutation, { kind: 'header' }>): void {
  const places = placesIn(message);
  const at = places[mutation.place % places.length];
  if (!at) return;
  const { parent, key } = at;
  if (mutation.kind === 'delete') delete parent[key];
  else parent[mutation.kind === 'add' ? 'added' : key] = mutation.value;
}

/** Every property of the objects in a value. */
function placesIn(value: unknown): { parent: Record<string, unknown>; key: string }[] {
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [{ parent: value, key }, ...placesIn(inner)]);
}
