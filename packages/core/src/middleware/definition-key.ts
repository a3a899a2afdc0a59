import type { Schema } from '../registry/schema.ts';
import type { Tool } from '../registry/tool.ts';
import { digest } from './keys.ts';

/** As many different definitions as are told apart from later ones that look the same. */
const MAX_DOCUMENTS = 10_000;

/**
 * Gives each definition a key that changes when it does: a digest of all it says (description, schemas, annotations,
 * the source text of its handler), the same in every process. What cannot be seen from outside is what a handler
 * closes over; so a definition that looks like an earlier one of this process, but is another object, gets a key of
 * its own.
 */
export function definitionKeys(): (tool: Tool) => Promise<string> {
  const keys = new WeakMap<Tool, Promise<string>>();
  const seen = new Set<string>();

  async function keyOf(tool: Tool): Promise<string> {
    const document = await digest(documentOf(tool));
    if (seen.has(document)) return `${document} ${crypto.randomUUID()}`;
    if (seen.size >= MAX_DOCUMENTS) seen.clear();
    seen.add(document);
    return document;
  }

  return (tool) => {
    let key = keys.get(tool);
    if (key === undefined) {
      key = keyOf(tool);
      keys.set(tool, key);
    }
    return key;
  };
}

function documentOf({ input, output, run, access: _access, ...facts }: Tool) {
  return { ...facts, input: jsonOf(input, 'input'), output: jsonOf(output, 'output'), run: String(run) };
}

function jsonOf(schema: Schema | undefined, side: 'input' | 'output') {
  return schema?.['~standard'].jsonSchema[side]({ target: 'draft-2020-12' });
}
