import type { Client } from '@modelcontextprotocol/client';
import type { Listing } from '@toolyard/core';

/** What a server lists. */
export type ListKind = keyof Listing;

interface FetchOptions {
  readonly cacheMode?: 'refresh';
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

type Fetch = (client: Client, options: FetchOptions) => Promise<unknown[]>;

const FETCH: Readonly<Record<ListKind, Fetch>> = {
  tools: async (client, options) => (await client.listTools(undefined, options)).tools,
  prompts: async (client, options) => (await client.listPrompts(undefined, options)).prompts,
  resources: async (client, options) => (await client.listResources(undefined, options)).resources,
  templates: async (client, options) =>
    (await client.listResourceTemplates(undefined, options)).resourceTemplates,
};

/** Hints of a tool about repeats. */
interface Hints {
  readonly readOnlyHint?: boolean | undefined;
  readonly idempotentHint?: boolean | undefined;
}

/** The lists the application has seen, to know later whether they have changed, and what tools say of themselves. */
export class Lists {
  readonly #seen = new Map<ListKind, string>();
  #hints: Map<string, Hints> | undefined;

  /** Fetches a list, or takes it from the cache while the server says it may. */
  async fetch<K extends ListKind>(client: Client, kind: K, options: FetchOptions): Promise<Listing[K]> {
    const items = await FETCH[kind](client, options);
    this.#seen.set(kind, JSON.stringify(items));
    if (kind === 'tools') this.#remember(items as Listing['tools']);
    return items as Listing[K];
  }

  /** Fetches a list anew; `undefined` when it is as it was. */
  async fetchChanged<K extends ListKind>(
    client: Client,
    kind: K,
    timeout: number,
  ): Promise<Listing[K] | undefined> {
    const before = this.#seen.get(kind);
    const items = await this.fetch(client, kind, { cacheMode: 'refresh', timeout });
    return this.#seen.get(kind) === before ? undefined : items;
  }

  isSeen(kind: ListKind): boolean {
    return this.#seen.has(kind);
  }

  /** Whether a tool says that a repeat is harmless; `undefined` as long as its list is not known. */
  isRepeatable(tool: string): boolean | undefined {
    return this.#hints && isRepeatable(this.#hints.get(tool));
  }

  #remember(tools: Listing['tools']): void {
    this.#hints = new Map(tools.map(({ name, annotations }) => [name, annotations ?? {}]));
  }
}

export function isRepeatable(hints: Hints | undefined): boolean {
  return hints?.readOnlyHint === true || hints?.idempotentHint === true;
}
