import { isRecord, type JsonObject, type ToolDescription } from '@toolyard/core/protocol';

import { embedSchema } from './embed-schema.ts';
import { exampleOf } from './example.ts';
import { FAILURES, RESPONSES } from './responses.ts';

/** A tool in terms of OpenAPI. */
export interface DescribedTool {
  readonly name: string;
  readonly tags: readonly string[];
  readonly path: JsonObject;
  readonly schemas: Readonly<Record<string, JsonObject>>;
}

const CONTENT_SCHEMA: JsonObject = {
  description: 'The structured content, or the content blocks of a tool that has none.',
};
const CONTENT_EXAMPLE = { content: [{ type: 'text', text: 'text' }] };

/** The path of a tool, and its schemas as components. Made once for each description. */
export function describeTool(tool: ToolDescription): DescribedTool {
  const known = described.get(tool);
  if (known) return known;
  const made = write(tool);
  described.set(tool, made);
  return made;
}

const described = new WeakMap<ToolDescription, DescribedTool>();

function write(tool: ToolDescription): DescribedTool {
  const { name, title, description, inputSchema, outputSchema, annotations, _meta: meta } = tool;
  // Names of tools have no dots, so these cannot collide with one another.
  const input = component(`${name}.input`, inputSchema);
  const output = outputSchema && component(`${name}.output`, outputSchema);
  const tags = textsOf(meta?.['toolyard/tags']);
  const post = {
    operationId: name,
    summary: title ?? name,
    ...(description !== undefined && { description }),
    ...(tags.length > 0 && { tags }),
    ...(annotations && { 'x-mcp-annotations': annotations }),
    parameters: [IDEMPOTENCY_KEY],
    requestBody: {
      required: Array.isArray(inputSchema['required']) && inputSchema['required'].length > 0,
      content: { 'application/json': { schema: input.ref, ...exampleMember(exampleOf(inputSchema)) } },
    },
    responses: {
      '200': {
        description: 'What the tool gives.',
        content: {
          'application/json': output
            ? { schema: output.ref, ...exampleMember(exampleOf(outputSchema)) }
            : { schema: CONTENT_SCHEMA, example: CONTENT_EXAMPLE },
          'text/event-stream': {
            schema: { type: 'string', description: 'Events: progress, then result or error.' },
          },
        },
      },
      ...FAILURES,
      ...ownErrors(tool),
    },
  };
  return { name, tags, path: { post }, schemas: { ...input.entry, ...output?.entry } };
}

const IDEMPOTENCY_KEY: JsonObject = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'Makes a repeat of the call harmless, where the server keeps such keys.',
  schema: { type: 'string', minLength: 1, maxLength: 256 },
};

function component(name: string, schema: JsonObject) {
  const pointer = `#/components/schemas/${name}`;
  return { ref: { $ref: pointer }, entry: { [name]: embedSchema(schema, pointer) } };
}

function exampleMember(example: unknown): JsonObject {
  return example === undefined ? {} : { example };
}

/** The codes a tool announces, as its own text of 422. */
function ownErrors({ _meta: meta }: ToolDescription): JsonObject {
  const errors = meta?.['toolyard/errors'];
  if (!Array.isArray(errors) || errors.length === 0) return {};
  const lines = errors.filter(isRecord).map(({ code, description, retryable }) => {
    const hint = retryable === true ? ' (may succeed later)' : '';
    return `- \`${String(code)}\`: ${String(description)}${hint}`;
  });
  const usual = RESPONSES['422'] as JsonObject;
  return { '422': { ...usual, description: [String(usual['description']), '', ...lines].join('\n') } };
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
