import { whenReady, type Awaitable } from '../awaitable.ts';
import { digest } from '../digest.ts';
import type { Schema } from '../registry/schema.ts';
import type { Tool } from '../registry/tool.ts';

/** As many definitions as are told apart from later ones that look the same. */
const MAX_REMEMBERED = 10_000;

/**
 * Gives each definition a key that changes when it does: a digest of all it says (description, schemas, annotations,
 * the source text of its handler), the same in every process. What cannot be seen from outside is what a handler
 * closes over; so a definition that takes the place of one that looks the same gets a key of its own.
 */
export function definitionKeys(): (name: string, tool: Tool) => Awaitable<string> {
  const documents = new WeakMap<Tool, Awaitable<string>>();
  const others = new WeakMap<Tool, string>();
  /** Which definition had a name first, by name and document. */
  const first = new Map<string, Tool>();

  function documentFor(tool: Tool): Awaitable<string> {
    let document = documents.get(tool);
    if (document === undefined) documents.set(tool, (document = digest(documentOf(tool))));
    return document;
  }

  return (name, tool) =>
    whenReady(documentFor(tool), (document) => {
      const place = `${name} ${document}`;
      if (!first.has(place)) {
        if (first.size >= MAX_REMEMBERED) first.clear();
        first.set(place, tool);
      }
      if (first.get(place) === tool) return document;
      let other = others.get(tool);
      if (other === undefined) others.set(tool, (other = crypto.randomUUID()));
      return `${document} ${other}`;
    });
}

function documentOf({ input, output, run, access: _access, ...facts }: Tool) {
  return { ...facts, input: jsonOf(input, 'input'), output: jsonOf(output, 'output'), run: String(run) };
}

function jsonOf(schema: Schema | undefined, side: 'input' | 'output') {
  return schema?.['~standard'].jsonSchema[side]({ target: 'draft-2020-12' });
}
