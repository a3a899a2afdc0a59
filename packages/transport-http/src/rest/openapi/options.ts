import type { JsonObject } from '@toolyard/core/protocol';

import type { FrontOptions } from '../../beside/front.ts';

/** What the OpenAPI document says beyond the tools. */
export interface DocumentOptions {
  /** Default: the app's title, else its name. */
  readonly title?: string;
  readonly description?: string;
  /** Base URLs of the API. Default: where the document comes from. */
  readonly servers?: readonly string[];
  /**
   * How callers say who they are: security schemes of OpenAPI by name. Default: a bearer token where there is `auth`,
   * else none.
   */
  readonly securitySchemes?: Readonly<Record<string, JsonObject>>;
}

/** {@link DocumentOptions} with what follows from the other options. */
export interface DocumentSettings extends DocumentOptions {
  readonly securitySchemes: Readonly<Record<string, JsonObject>>;
}

const BEARER: Readonly<Record<string, JsonObject>> = { bearer: { type: 'http', scheme: 'bearer' } };

export function settingsOfDocument({
  auth,
  openapi = {},
}: FrontOptions & { readonly openapi?: DocumentOptions }): DocumentSettings {
  return { ...openapi, securitySchemes: openapi.securitySchemes ?? (auth ? BEARER : {}) };
}
