import type { Implementation, JsonObject, ToolDescription } from '@toolyard/core/protocol';

import type { DocumentSettings } from './options.ts';
import { ENDPOINTS } from './endpoints.ts';
import { describeTool } from './operation.ts';
import { PROBLEM_SCHEMA, RESPONSES } from './responses.ts';

export type { DocumentSettings } from './options.ts';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/**
 * OpenAPI 3.1 documents of what callers may see. Each is made once for the same list of tools, which all who may see the
 * same share.
 *
 * @see https://spec.openapis.org/oas/v3.1.1
 */
export class OpenApiDocuments {
  readonly #info: Implementation;
  readonly #path: string;
  readonly #settings: DocumentSettings;
  readonly #documents = new WeakMap<readonly ToolDescription[], JsonObject>();
  readonly #texts = new WeakMap<readonly ToolDescription[], string>();

  constructor(info: Implementation, path: string, settings: DocumentSettings) {
    this.#info = info;
    this.#path = path;
    this.#settings = settings;
  }

  documentFor(tools: readonly ToolDescription[]): JsonObject {
    return kept(this.#documents, tools, () => this.#write(tools));
  }

  textFor(tools: readonly ToolDescription[]): string {
    return kept(this.#texts, tools, () => JSON.stringify(this.documentFor(tools)));
  }

  #write(tools: readonly ToolDescription[]): JsonObject {
    const { title, description, servers, securitySchemes } = this.#settings;
    const about = description ?? this.#info.description;
    const described = tools.map(describeTool);
    const paths = {
      ...ENDPOINTS,
      ...Object.fromEntries(described.map(({ name, path }) => [`/tools/${name}`, path])),
    };
    const tags = [...new Set(described.flatMap(({ tags: own }) => own))];
    const schemes = Object.keys(securitySchemes);
    return {
      openapi: '3.1.1',
      info: {
        title: title ?? this.#info.title ?? this.#info.name,
        version: this.#info.version,
        ...(about !== undefined && { description: about }),
      },
      jsonSchemaDialect: DIALECT,
      servers: (servers ?? [this.#path === '' ? '/' : this.#path]).map((url) => ({ url })),
      ...(schemes.length > 0 && { security: schemes.map((name) => ({ [name]: [] })) }),
      ...(tags.length > 0 && { tags: tags.map((name) => ({ name })) }),
      paths,
      components: {
        schemas: {
          Problem: PROBLEM_SCHEMA,
          ...Object.assign({}, ...described.map(({ schemas }) => schemas)),
        },
        responses: RESPONSES,
        ...(schemes.length > 0 && { securitySchemes }),
      },
    };
  }
}

function kept<K extends object, V>(cache: WeakMap<K, V>, key: K, make: () => V): V {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = make();
  cache.set(key, made);
  return made;
}
