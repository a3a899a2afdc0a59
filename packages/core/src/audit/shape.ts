import { isRecord } from '../protocol/json-rpc.ts';
import type { JsonObject } from '../protocol/messages.ts';
import type { ArgumentShape } from './record.ts';

const MAX_DEPTH = 5;
const MAX_NAMES = 50;
const MAX_ITEMS = 3;

/**
 * Names and types of a value. Only names that `declared` holds appear, others are `*`: in a map from addresses to
 * settings, the names are data.
 */
export function shapeOf(value: unknown, declared: ReadonlySet<string>, depth = 0): ArgumentShape {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  if (depth === MAX_DEPTH) return Array.isArray(value) ? 'array' : 'object';
  if (Array.isArray(value)) return shapesOf(value, declared, depth);
  const shape: Record<string, ArgumentShape> = {};
  for (const [name, item] of Object.entries(value).slice(0, MAX_NAMES)) {
    shape[declared.has(name) ? name : '*'] = shapeOf(item, declared, depth + 1);
  }
  return shape;
}

/** The different shapes among the first items. */
function shapesOf(
  items: readonly unknown[],
  declared: ReadonlySet<string>,
  depth: number,
): readonly ArgumentShape[] {
  const shapes = new Map<string, ArgumentShape>();
  for (const item of items.slice(0, MAX_NAMES)) {
    const shape = shapeOf(item, declared, depth + 1);
    shapes.set(JSON.stringify(shape), shape);
    if (shapes.size === MAX_ITEMS) break;
  }
  return [...shapes.values()];
}

const namesBySchema = new WeakMap<object, ReadonlySet<string>>();

/** All names of properties that a JSON Schema declares, at whatever depth. */
export function declaredNames(schema: JsonObject): ReadonlySet<string> {
  let names = namesBySchema.get(schema);
  if (!names) {
    const found = new Set<string>();
    collectNames(schema, found, 0);
    namesBySchema.set(schema, (names = found));
  }
  return names;
}

function collectNames(schema: unknown, names: Set<string>, depth: number): void {
  if (typeof schema !== 'object' || schema === null || depth > 64) return;
  if (isRecord(schema) && isRecord(schema['properties'])) {
    for (const name of Object.keys(schema['properties'])) names.add(name);
  }
  for (const inner of Object.values(schema)) collectNames(inner, names, depth + 1);
}
