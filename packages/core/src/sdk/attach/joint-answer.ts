/** What the answers of the host's server and of the app become together. The host has the first word. */
import type { AppCore } from '../../app/core.ts';
import { isRecord } from '../../protocol/json-rpc.ts';
import type { JsonObject, ServerCapabilities } from '../../protocol/messages.ts';
import { withoutThoseOfApp } from './part-of-app.ts';

const LIST_FIELDS: Readonly<Record<string, string>> = {
  'tools/list': 'tools',
  'prompts/list': 'prompts',
  'resources/list': 'resources',
  'resources/templates/list': 'resourceTemplates',
};

/** Whether the answers are lists to be shown one after the other. */
export function isList(method: string): boolean {
  return Object.hasOwn(LIST_FIELDS, method);
}

/** A page of the host's list, without what the app answers for. */
export function hostPage(core: AppCore, method: string, page: JsonObject): JsonObject {
  const field = LIST_FIELDS[method]!;
  const items = Array.isArray(page[field]) ? page[field] : [];
  return { ...page, [field]: withoutThoseOfApp(core, method, items) };
}

/** The host's last page and the app's first, as one. */
export function joinPages(method: string, host: JsonObject, app: JsonObject): JsonObject {
  const field = LIST_FIELDS[method]!;
  const { nextCursor: _none, ...rest } = host;
  return {
    ...rest,
    ...(app['nextCursor'] !== undefined && { nextCursor: app['nextCursor'] }),
    ...shorterCache(host, app),
    [field]: [...(host[field] as unknown[]), ...(app[field] as unknown[])],
  };
}

/** `initialize` and `server/discover`: what both can do, and how to use both. */
export function joinDescriptions(host: JsonObject, app: JsonObject): JsonObject {
  const instructions = [host['instructions'], app['instructions']].filter((text) => typeof text === 'string');
  return {
    ...host,
    ...shorterCache(host, app),
    capabilities: joinCapabilities(host['capabilities'], app['capabilities']),
    ...(instructions.length > 0 && { instructions: instructions.join('\n\n') }),
  };
}

function joinCapabilities(host: unknown, app: unknown): ServerCapabilities {
  const joined: JsonObject = isRecord(host) ? { ...host } : {};
  for (const [name, settings] of Object.entries(isRecord(app) ? app : {})) {
    const known = joined[name];
    joined[name] = isRecord(known) && isRecord(settings) ? { ...known, ...settings } : settings;
  }
  return joined;
}

/** A client may keep what both said only as long as either of them allows. */
function shorterCache(host: JsonObject, app: JsonObject): JsonObject {
  const { ttlMs: hostMs, cacheScope: hostScope } = host;
  const { ttlMs: appMs, cacheScope: appScope } = app;
  if (typeof appMs !== 'number') return {};
  return {
    ttlMs: typeof hostMs === 'number' ? Math.min(hostMs, appMs) : appMs,
    cacheScope: appScope === 'public' && (hostScope ?? 'public') === 'public' ? 'public' : 'private',
  };
}
