/** JSON with the keys of every object in order, so that equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(inOrder(value)) ?? 'null';
}

/** The value itself where its keys are in order already: most are, and then nothing is copied. */
function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('toJSON' in value && typeof value.toJSON === 'function') return inOrder(value.toJSON());
  return Array.isArray(value) ? itemsInOrder(value) : keysInOrder(value as Record<string, unknown>);
}

function itemsInOrder(items: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < items.length; index++) {
    const item = inOrder(items[index]);
    if (item !== items[index]) (copy ??= items.slice())[index] = item;
  }
  return copy ?? items;
}

function keysInOrder(record: Record<string, unknown>): Record<string, unknown> {
  const keys = Object.keys(record);
  let ordered = true;
  let changed: Map<string, unknown> | undefined;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!;
    if (index > 0 && keys[index - 1]! > key) ordered = false;
    const item = inOrder(record[key]);
    if (item !== record[key]) (changed ??= new Map()).set(key, item);
  }
  if (ordered && !changed) return record;
  if (!ordered) keys.sort();
  // Not assigned one by one: a key may be `__proto__`.
  return Object.fromEntries(keys.map((key) => [key, changed?.has(key) ? changed.get(key) : record[key]]));
}
