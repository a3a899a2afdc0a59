import type { App } from '../../app/app.ts';
import type { Call } from '../../call.ts';
import { isProtocolError } from '../../errors.ts';
import { ErrorCode } from '../../protocol/error-codes.ts';
import type {
  JsonObject,
  PromptDescription,
  ResourceDescription,
  ResourceTemplateDescription,
  ServerNotification,
  ToolDescription,
} from '../../protocol/messages.ts';
import { nameOf, type Definition } from '../../registry/registry.ts';
import { compileResource, type CompiledResource } from '../../registry/resource.ts';
import type { HostConnection } from './host-connection.ts';
import type { HostConnections } from './host-connections.ts';
import { mirrorPrompt, mirrorResource, mirrorTemplate, mirrorTool } from './mirrored-definitions.ts';
import type { Relay } from './relay.ts';

type Kind = 'tools' | 'prompts' | 'resources';

/** A definition to be, and the listing it is made from. */
interface Wanted {
  readonly listing: unknown;
  readonly make: () => Definition;
}

interface Mirrored {
  readonly definition: Definition;
  readonly listing: string;
}

/** As many as are taken from one list of a server. */
const MAX_ITEMS = 10_000;

/** Keeps the definitions of an app equal to what a host's server lists. */
export class Mirror {
  readonly #app: App;
  readonly #connection: HostConnection;
  readonly #connections: HostConnections;
  readonly #relay: Relay;
  readonly #mirrored: Record<Kind, Map<string, Mirrored>> = {
    tools: new Map(),
    prompts: new Map(),
    resources: new Map(),
  };
  readonly #refreshing = new Map<Kind, Promise<void>>();
  readonly #stale = new Set<Kind>();
  /** One listing asks the server once, for however many templates. */
  readonly #listed = new WeakMap<Call, Promise<ResourceDescription[]>>();

  constructor(app: App, connection: HostConnection, connections: HostConnections, relay: Relay) {
    this.#app = app;
    this.#connection = connection;
    this.#connections = connections;
    this.#relay = relay;
  }

  /** Reads all lists for the first time. */
  async fill(): Promise<void> {
    for (const kind of ['tools', 'prompts', 'resources'] as const) {
      if (this.#connection.description.capabilities[kind]) await this.#refresh(kind);
    }
  }

  /** Follows what the server tells of changes. */
  hear({ method, params }: ServerNotification): void {
    if (method === 'notifications/resources/updated' && typeof params?.['uri'] === 'string') {
      this.#app.resourceUpdated(params['uri']);
    }
    const kind = /^notifications\/(tools|prompts|resources)\/list_changed$/.exec(method)?.[1] as
      Kind | undefined;
    if (kind) this.#refreshSoon(kind);
  }

  /** However many changes come while a list is read, it is read once more. */
  #refreshSoon(kind: Kind): void {
    if (this.#refreshing.has(kind)) return void this.#stale.add(kind);
    const refreshing = this.#refresh(kind)
      .catch((err: unknown) =>
        this.#app.logger.warn({ err }, `The ${kind} of a mounted server could not be listed.`),
      )
      .finally(() => {
        this.#refreshing.delete(kind);
        if (this.#stale.delete(kind)) this.#refreshSoon(kind);
      });
    this.#refreshing.set(kind, refreshing);
  }

  async #refresh(kind: Kind): Promise<void> {
    const wanted = await this.#listings(kind);
    const known = this.#mirrored[kind];
    const next = new Map(wanted.map((each) => [JSON.stringify(each.listing), each]));
    for (const [name, { definition, listing }] of known) {
      if (next.delete(listing)) continue;
      known.delete(name);
      this.#app.remove(definition);
    }
    for (const [listing, { make }] of next) {
      try {
        const definition = make();
        this.#app.add(definition);
        known.set(nameOf(definition), { definition, listing });
      } catch (err) {
        this.#app.logger.warn({ err, listing }, 'Something a mounted server lists cannot be served.');
      }
    }
  }

  #listings(kind: Kind): Promise<Wanted[]> {
    switch (kind) {
      case 'tools':
        return this.#tools();
      case 'prompts':
        return this.#prompts();
      case 'resources':
        return this.#resources();
    }
  }

  async #tools(): Promise<Wanted[]> {
    const tools = await this.#list<ToolDescription>(this.#connection, 'tools/list', 'tools');
    return tools.map((tool) => ({ listing: tool, make: () => mirrorTool(tool, this.#relay) }));
  }

  async #prompts(): Promise<Wanted[]> {
    const prompts = await this.#list<PromptDescription>(this.#connection, 'prompts/list', 'prompts');
    return prompts.map((prompt) => ({
      listing: prompt,
      make: () => mirrorPrompt(prompt, this.#relay, this.#completes),
    }));
  }

  /** Resources that fit a template come from its list, which is read each time: servers make them up as they go. */
  async #resources(): Promise<Wanted[]> {
    const connection = this.#connection;
    const templates = await this.#list<ResourceTemplateDescription>(
      connection,
      'resources/templates/list',
      'resourceTemplates',
    );
    const matchers: CompiledResource['match'][] = [];
    const wanted = templates.map((template, index): Wanted => {
      const list = async (call: Call) =>
        (await this.#resourcesNow(call)).filter(
          ({ uri }) => matchers.findIndex((match) => match(uri)) === index,
        );
      const make = () => mirrorTemplate(template, this.#relay, this.#completes, list);
      matchers.push(matcherOf(make));
      return { listing: template, make };
    });
    const resources = await this.#list<ResourceDescription>(connection, 'resources/list', 'resources');
    const alone = resources.filter(({ uri }) => !matchers.some((match) => match(uri)));
    return [
      ...alone.map((resource) => ({ listing: resource, make: () => mirrorResource(resource, this.#relay) })),
      ...wanted,
    ];
  }

  #resourcesNow(call: Call): Promise<ResourceDescription[]> {
    let listed = this.#listed.get(call);
    if (!listed) {
      listed = this.#connections
        .for(call)
        .then((connection) => this.#list<ResourceDescription>(connection, 'resources/list', 'resources'));
      this.#listed.set(call, listed);
    }
    return listed;
  }

  get #completes(): boolean {
    return this.#connection.description.capabilities.completions !== undefined;
  }

  async #list<Item>(connection: HostConnection, method: string, field: string): Promise<Item[]> {
    const items: Item[] = [];
    let cursor: unknown;
    do {
      const page: JsonObject = await connection
        .setup(method, cursor === undefined ? {} : { cursor })
        .catch(nothingIfUnserved);
      const found = page[field];
      if (Array.isArray(found)) items.push(...(found as Item[]));
      cursor = page['nextCursor'];
    } while (cursor !== undefined && items.length < MAX_ITEMS);
    return items.slice(0, MAX_ITEMS);
  }
}

function matcherOf(make: () => Definition): CompiledResource['match'] {
  try {
    const definition = make();
    return definition.kind === 'resource' ? compileResource(definition).match : () => undefined;
  } catch {
    return () => undefined; // adding it will fail too, which is logged
  }
}

/** Servers with resources often have no templates, and no handler for their list. */
function nothingIfUnserved(error: unknown): JsonObject {
  if (isProtocolError(error) && error.rpcCode === ErrorCode.methodNotFound) return {};
  throw error;
}
