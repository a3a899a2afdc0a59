import { isRecord, type JsonObject } from '@toolyard/core/protocol';

import { markup, type Html } from './html.ts';

/** The properties of an object schema as a table; nothing for a schema without any. */
export function fieldsTable(caption: string, schema: JsonObject): Html | undefined {
  const properties = isRecord(schema['properties']) ? Object.entries(schema['properties']) : [];
  if (properties.length === 0) return undefined;
  const required = Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : [];
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Type</th>
          <th scope="col">What it is</th>
        </tr>
      </thead>
      <tbody>
        ${properties.map(([name, property]) => row(name, property, required.includes(name)))}
      </tbody>
    </table>
  </div>`;
}

function row(name: string, property: unknown, isRequired: boolean): Html {
  const schema = isRecord(property) ? property : {};
  const { description } = schema;
  const rules = rulesOf(schema);
  return markup`<tr>
    <th scope="row"><code>${name}</code>${isRequired && markup` <span class="required">required</span>`}</th>
    <td><code>${typeOf(schema)}</code></td>
    <td>
      ${typeof description === 'string' && markup`<span class="prose">${description}</span>`}
      ${rules.length > 0 && markup`<div class="soft">${rules.join(' · ')}</div>`}
    </td>
  </tr>`;
}

/** One line that says what a value is, without its insides. */
function typeOf(schema: JsonObject): string {
  const { type, enum: choices, const: constant, items, format, $ref } = schema;
  if (Array.isArray(choices)) return choices.map((each) => JSON.stringify(each)).join(' | ');
  if (constant !== undefined) return JSON.stringify(constant);
  if (typeof $ref === 'string') return $ref.slice($ref.lastIndexOf('/') + 1) || 'object';
  const options = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(options)) return options.map((each) => typeOf(isRecord(each) ? each : {})).join(' | ');
  if (type === 'array') return `${typeOf(isRecord(items) ? items : {})}[]`;
  const name = Array.isArray(type) ? type.join(' | ') : typeof type === 'string' ? type : 'any';
  return typeof format === 'string' ? `${name} (${format})` : name;
}

const RULES: readonly (readonly [string, (value: unknown) => string])[] = [
  ['default', (value) => `default ${JSON.stringify(value)}`],
  ['minimum', (value) => `at least ${String(value)}`],
  ['exclusiveMinimum', (value) => `above ${String(value)}`],
  ['maximum', (value) => `at most ${String(value)}`],
  ['exclusiveMaximum', (value) => `below ${String(value)}`],
  ['minLength', (value) => `${String(value)} characters or more`],
  ['maxLength', (value) => `up to ${String(value)} characters`],
  ['minItems', (value) => `${String(value)} items or more`],
  ['maxItems', (value) => `up to ${String(value)} items`],
  ['pattern', (value) => `matches ${String(value)}`],
];

// zod writes the bounds of safe integers into each integer, which tell a reader nothing.
const SAFE = new Set<unknown>([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]);

function rulesOf(schema: JsonObject): string[] {
  return RULES.flatMap(([keyword, tell]) => {
    const value = schema[keyword];
    const isNoise = value === undefined || SAFE.has(value) || (keyword === 'pattern' && 'format' in schema);
    return isNoise ? [] : [tell(value)];
  });
}
