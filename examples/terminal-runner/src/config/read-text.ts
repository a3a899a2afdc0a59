import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { Field } from './fields.ts';
import { namedPathText, splitNamedPath } from './named-path.ts';

/**
 * Turns the texts given for a setting into the value its schema expects. A text that does not fit comes back as it
 * is: the schema refuses it, with the text in the message.
 *
 * @param texts - one for a variable, one for each use of a flag.
 * @param directory - what a relative path starts from.
 */
export function readText(field: Field, texts: readonly string[], directory: string): unknown {
  const last = texts.at(-1) ?? '';
  switch (field.kind) {
    case 'number':
      return /^[+-]?\d+(\.\d+)?$/.test(last) ? Number(last) : last;
    case 'boolean':
      return readBoolean(last);
    case 'list':
      return texts.map((text) => readPath(field, text, directory));
    case 'pairs':
      return readPairs(texts);
    default:
      return readPath(field, last, directory);
  }
}

/** Resolves the value of a path setting, or the items of a list of them; leaves every other value alone. */
export function readPath(field: Field, value: unknown, directory: string): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => readPath(field, item, directory));
  if (!field.info.path || typeof value !== 'string') return value;
  const { name, path } =
    field.info.path === 'named' ? splitNamedPath(value) : { name: undefined, path: value };
  if (path === '') return value;
  // No shell has looked at what stands in a file, in a variable or behind "name=".
  const absolute = resolve(directory, path.replace(/^~(?=\/|$)/, homedir));
  return namedPathText({ name, path: absolute });
}

/** The items of a list in one text, which is how the environment writes it. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function readBoolean(text: string): unknown {
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  return text;
}

// The format of OTEL_EXPORTER_OTLP_HEADERS and OTEL_RESOURCE_ATTRIBUTES: values are percent-encoded.
function readPairs(texts: readonly string[]): unknown {
  const pairs: [string, string][] = [];
  for (const item of texts.flatMap(splitList)) {
    const equals = item.indexOf('=');
    if (equals < 1) return texts.join(',');
    try {
      pairs.push([item.slice(0, equals).trim(), decodeURIComponent(item.slice(equals + 1).trim())]);
    } catch {
      return texts.join(',');
    }
  }
  return Object.fromEntries(pairs);
}
