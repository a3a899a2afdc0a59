import { isRecord, type JsonObject } from '@toolyard/core/protocol';

/** A property of an object somewhere in a message. */
export interface Place {
  readonly parent: JsonObject;
  readonly key: string;
}

/** Messages have less; what is nested deeper was made by another change. */
const MAX_DEPTH = 20;

/** Every object in a value, the outer ones first. */
export function objectsIn(value: unknown, depth = 0): JsonObject[] {
  if (depth > MAX_DEPTH) return [];
  const inner = (values: readonly unknown[]) => values.flatMap((each) => objectsIn(each, depth + 1));
  if (Array.isArray(value)) return inner(value);
  return isRecord(value) ? [value, ...inner(Object.values(value))] : [];
}

/** Every property of the objects in a value, those of outer objects first. */
export function placesIn(value: unknown): Place[] {
  return objectsIn(value).flatMap((parent) => Object.keys(parent).map((key) => ({ parent, key })));
}

/** Every property that is a text. */
export function textsIn(value: unknown): Place[] {
  return placesIn(value).filter(({ parent, key }) => typeof parent[key] === 'string');
}
