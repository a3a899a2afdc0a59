import {
  isRecord,
  type JsonObject,
  type ToolAnnotations,
  type ToolDescription,
} from '@toolyard/core/protocol';

import { exampleOf } from '../openapi/example.ts';
import { fieldsTable } from './fields.ts';
import { markup, type Html } from './html.ts';

/** What a reader has to know of one tool. */
export function toolSection(tool: ToolDescription, base: string): Html {
  const { name, title, description, inputSchema, outputSchema, annotations } = tool;
  const example = exampleOf(inputSchema);
  return markup`<section id="tool-${name}" aria-labelledby="head-${name}">
    <h2 id="head-${name}">${title ?? name}${hints(annotations)}</h2>
    <p class="route">
      <code><span class="method">POST</span> ${base}/tools/${name}</code>
    </p>
    ${description !== undefined && markup`<p class="prose">${description}</p>`}
    <h3>Arguments</h3>
    ${fieldsTable(`Arguments of ${name}`, inputSchema) ?? markup`<p class="soft">None.</p>`}
    ${example !== undefined && markup`<h3>Example</h3>${code(curlOf(`${base}/tools/${name}`, example))}`}
    ${outputSchema && answer(name, outputSchema)}
    ${errors(tool)}
    <details>
      <summary>JSON Schema of ${name}</summary>
      ${code(pretty({ input: inputSchema, ...(outputSchema && { output: outputSchema }) }))}
    </details>
  </section>`;
}

function hints(annotations: ToolAnnotations | undefined): Html[] {
  const words = [
    annotations?.readOnlyHint === true && 'read-only',
    annotations?.destructiveHint === true && 'destructive',
    annotations?.idempotentHint === true && 'idempotent',
  ];
  return words
    .filter((word) => word !== false)
    .map((word) => markup` <small class="badge soft">${word}</small>`);
}

function answer(name: string, schema: JsonObject): Html {
  const example = exampleOf(schema);
  return markup`<h3>Answer</h3>
    ${fieldsTable(`Answer of ${name}`, schema)}
    ${example !== undefined && code(pretty(example))}`;
}

function errors({ name, _meta: meta }: ToolDescription): Html | undefined {
  const listed = meta?.['toolyard/errors'];
  if (!Array.isArray(listed) || listed.length === 0) return undefined;
  const rows = listed.filter(isRecord).map(
    ({ code: errorCode, description, retryable }) =>
      markup`<tr>
        <th scope="row"><code>${String(errorCode)}</code></th>
        <td>${String(description)}${retryable === true && markup` <span class="soft">May succeed later.</span>`}</td>
      </tr>`,
  );
  return markup`<h3>Fails with</h3>
    <div class="scroll" tabindex="0" role="region" aria-label="Errors of ${name}">
      <table>
        <thead>
          <tr>
            <th scope="col">Code</th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>`;
}

function curlOf(path: string, example: unknown): string {
  // A quote inside a quoted word of the shell: end it, one escaped quote, begin anew.
  const body = JSON.stringify(example).replaceAll("'", String.raw`'\''`);
  return `curl -X POST "$URL${path}" \\\n  -H 'content-type: application/json' \\\n  -d '${body}'`;
}

/** Text as it is, to be scrolled with the keyboard too. */
function code(text: string): Html {
  return markup`<pre tabindex="0"><code>${text}</code></pre>`;
}

function pretty(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}
