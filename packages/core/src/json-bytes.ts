/** Values looked at before the rest is left out: a bound for hostile and cyclic ones. */
const MAX_VALUES = 1_000_000;
const MAX_DEPTH = 256;

const buffer = (globalThis as { Buffer?: { byteLength(text: string): number } }).Buffer;
const encoder = new TextEncoder();

/** About how many bytes a value takes as JSON, escapes aside; without writing it. */
export function jsonBytes(value: unknown): number {
  let values = 0;

  function measure(item: unknown, depth: number): number {
    values += 1;
    switch (typeof item) {
      case 'string':
        return utf8Bytes(item) + 2;
      case 'number':
        return String(item).length;
      case 'boolean':
        return item ? 4 : 5;
      case 'object':
        if (item === null) return 4;
        if (values > MAX_VALUES || depth > MAX_DEPTH) return 2;
        return Array.isArray(item) ? measureArray(item, depth) : measureObject(item, depth);
      default:
        return 0;
    }
  }

  function measureArray(items: readonly unknown[], depth: number): number {
    let bytes = 1 + Math.max(1, items.length);
    for (const item of items) bytes += measure(item, depth + 1);
    return bytes;
  }

  function measureObject(record: object, depth: number): number {
    let bytes = 1;
    for (const key in record) {
      const item = (record as Record<string, unknown>)[key];
      if (item !== undefined) bytes += utf8Bytes(key) + 4 + measure(item, depth + 1);
    }
    return Math.max(2, bytes);
  }

  return measure(value, 0);
}

/** The length of a text as UTF-8. */
function utf8Bytes(text: string): number {
  return buffer ? buffer.byteLength(text) : encoder.encode(text).byteLength;
}
