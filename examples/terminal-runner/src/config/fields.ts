import { z } from 'zod';
import { settingInfo, type SettingInfo } from './setting.ts';

/** How a setting is written as text: `pairs` is `name=value,name=value`. */
type FieldKind = 'text' | 'number' | 'boolean' | 'list' | 'pairs';

/** One setting, as the flags, the environment, the file and the help see it. */
export interface Field {
  /** The key in the schema and in the `--config` file. */
  readonly key: string;
  /** With its dashes: `--public-url`. */
  readonly flag: string;
  /** Environment variables, in the order they are asked. */
  readonly env: readonly [string, ...string[]];
  readonly kind: FieldKind;
  /** What may be given, in words. */
  readonly allowed: string;
  readonly defaultValue: unknown;
  readonly info: SettingInfo;
}

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** The settings of a schema, in its order. Throws when a key was not described with `setting`. */
export function describeFields(schema: z.ZodObject, envPrefix: string): Field[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return Object.entries(schema.shape).map(([key, member]) => {
    const info = settingInfo(member);
    if (!info) throw new TypeError(`The setting "${key}" needs setting(schema, { description }).`);
    const json = schemaObject(properties[key]);
    const words = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return {
      key,
      flag: `--${words}`,
      env: [`${envPrefix}_${words.replaceAll('-', '_').toUpperCase()}`, ...(info.env ?? [])],
      kind: kindOf(json),
      allowed: info.allowed ?? allowedText(json),
      defaultValue: json.default,
      info,
    };
  });
}

// JSON Schema also allows `true` for a schema without a condition, and lists of schemas.
function schemaObject(schema: JsonSchema['items']): JsonSchema {
  return typeof schema === 'object' && !Array.isArray(schema) ? schema : {};
}

function kindOf({ type }: JsonSchema): FieldKind {
  if (type === 'integer' || type === 'number') return 'number';
  if (type === 'boolean') return 'boolean';
  if (type === 'array') return 'list';
  return type === 'object' ? 'pairs' : 'text';
}

function allowedText(json: JsonSchema): string {
  if (json.enum) return `one of ${json.enum.join(', ')}`;
  switch (json.type) {
    case 'integer':
    case 'number':
      return `a ${json.type === 'integer' ? 'whole ' : ''}number${rangeText(json)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return `a list, each ${allowedText(schemaObject(json.items))}`;
    case 'object':
      return 'name=value pairs, separated by commas';
    default:
      if (json.format === 'uri') return 'a URL';
      return json.minLength ? `a text of at least ${plural(json.minLength, 'character')}` : 'a text';
  }
}

function rangeText({ minimum, maximum }: JsonSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? '' : ` of at most ${maximum}`;
}

function plural(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
