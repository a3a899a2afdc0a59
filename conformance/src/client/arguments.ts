import type { Tool } from '@modelcontextprotocol/client';

const SAMPLES: Readonly<Record<string, unknown>> = {
  string: 'text',
  number: 1,
  integer: 1,
  boolean: true,
  array: [],
  object: {},
};

/** Arguments a tool accepts: a value of the right type for each property it requires. */
export function argumentsFor({ name, inputSchema }: Tool, listed: readonly Tool[]): Record<string, unknown> {
  // One scenario looks at what the client kept of a schema, by having it sent back.
  if (name === 'json_schema_echo') return { schema: listed.find((tool) => tool.name !== name)?.inputSchema };
  const { properties = {}, required = [] } = inputSchema;
  return Object.fromEntries(required.map((key) => [key, sampleOf(properties[key])]));
}

function sampleOf(property: unknown): unknown {
  const type =
    typeof property === 'object' && property !== null && 'type' in property ? property.type : 'string';
  return SAMPLES[String(type)];
}
