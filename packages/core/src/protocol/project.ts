/**
 * What leaves for a client, cut to the revision it speaks. Handlers write the newest form; here older revisions lose
 * the fields they do not know, and the newest gains the ones it demands.
 */
import { isRecord } from './json-rpc.ts';
import type { CacheHint, Implementation, JsonObject } from './messages.ts';
import { MetaKey } from './meta.ts';
import { wrapOutputSchema, wrapStructuredContent } from './legacy-output.ts';
import { isRevision, type Revision } from './revisions.ts';
import { isShared, share } from './shared-json.ts';

/** What the 2026 revision wants on results. */
export interface ModernStamp {
  readonly serverInfo: Implementation;
  readonly cache: CacheHint;
}

const CACHEABLE = new Set([
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
]);

/**
 * A result as 2026-07-28 has it: with `resultType`, the server's name, and cache hints where they are mandatory.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic
 */
export function projectModern(
  method: string,
  result: JsonObject,
  { serverInfo, cache }: ModernStamp,
): JsonObject {
  const meta = result['_meta'];
  const stamped: JsonObject = {
    ...result,
    resultType: result['resultType'] ?? 'complete',
    _meta: isRecord(meta)
      ? { [MetaKey.serverInfo]: serverInfo, ...meta }
      : { [MetaKey.serverInfo]: serverInfo },
  };
  if (stamped['resultType'] === 'complete' && CACHEABLE.has(method)) {
    stamped['ttlMs'] ??= cache.ttlMs;
    stamped['cacheScope'] ??= cache.cacheScope;
  }
  return stamped;
}

/**
 * A result as a 2025-11-25 or older client expects it.
 *
 * @param outputSchema - of `tools/call`: what the tool's listing announces, where it announces something.
 */
export function projectLegacy(
  method: string,
  result: JsonObject,
  revision: Revision,
  outputSchema?: JsonObject,
): JsonObject {
  switch (method) {
    case 'tools/call':
      return projectToolResult(result, revision, outputSchema);
    case 'tools/list':
      return {
        ...withoutCache(result),
        tools: projectItems(result['tools'], revision, projectTool),
      };
    case 'prompts/list':
      return {
        ...withoutCache(result),
        prompts: projectItems(result['prompts'], revision, projectPrompt),
      };
    case 'resources/list':
      return { ...withoutCache(result), resources: projectItems(result['resources'], revision) };
    case 'resources/templates/list':
      return {
        ...withoutCache(result),
        resourceTemplates: projectItems(result['resourceTemplates'], revision),
      };
    case 'prompts/get':
      return {
        ...result,
        messages: (result['messages'] as JsonObject[]).map((message) => ({
          ...message,
          content: projectBlock(message['content'], revision),
        })),
      };
    case 'resources/read':
      return withoutCache(result);
    case 'initialize':
      return projectInitialize(result);
    default:
      return result;
  }
}

function projectToolResult(
  result: JsonObject,
  revision: Revision,
  outputSchema: JsonObject | undefined,
): JsonObject {
  const { structuredContent, content, ...rest } = result;
  const blocks = Array.isArray(content) ? content.map((block) => projectBlock(block, revision)) : content;
  if (structuredContent === undefined || revision < '2025-06-18') return { ...rest, content: blocks };
  return {
    ...rest,
    content: blocks,
    structuredContent: wrapStructuredContent(structuredContent, outputSchema),
  };
}

function projectTool(tool: JsonObject, revision: Revision): JsonObject {
  const { outputSchema, annotations, ...rest } = projectNamed(tool, revision);
  return {
    ...rest,
    ...(annotations !== undefined && revision >= '2025-03-26' && { annotations }),
    ...(isRecord(outputSchema) &&
      revision >= '2025-06-18' && { outputSchema: wrapOutputSchema(outputSchema) }),
  };
}

function projectPrompt(prompt: JsonObject, revision: Revision): JsonObject {
  const projected = projectNamed(prompt, revision);
  if (!Array.isArray(projected['arguments'])) return projected;
  return { ...projected, arguments: projectItems(projected['arguments'], revision) };
}

/** The session speaks what this result agrees on, whatever was assumed before. */
function projectInitialize(result: JsonObject): JsonObject {
  const { protocolVersion, serverInfo } = result;
  if (!isRevision(protocolVersion) || !isRecord(serverInfo)) return result;
  return { ...result, serverInfo: projectImplementation(serverInfo, protocolVersion) };
}

/** `description` and `websiteUrl` came with 2025-11-25. */
function projectImplementation(info: JsonObject, revision: Revision): JsonObject {
  if (revision >= '2025-11-25') return info;
  const { description: _description, websiteUrl: _websiteUrl, ...rest } = projectNamed(info, revision);
  return rest;
}

/** What became of shared lists, by revision. */
const projections = new WeakMap<readonly unknown[], Map<Revision, JsonObject[]>>();

function projectItems(
  list: unknown,
  revision: Revision,
  project: (item: JsonObject, revision: Revision) => JsonObject = projectNamed,
): JsonObject[] {
  const items = list as JsonObject[];
  if (!isShared(items)) return items.map((item) => project(item, revision));
  let known = projections.get(items);
  if (!known) projections.set(items, (known = new Map()));
  let projected = known.get(revision);
  if (!projected) known.set(revision, (projected = share(items.map((item) => project(item, revision)))));
  return projected;
}

/** `title` and `_meta` came with 2025-06-18, `icons` with 2025-11-25. */
function projectNamed(item: JsonObject, revision: Revision): JsonObject {
  if (revision >= '2025-11-25') return item;
  const { icons: _icons, title, _meta: meta, ...rest } = item;
  if (revision < '2025-06-18') return rest;
  return { ...rest, ...(title !== undefined && { title }), ...(meta !== undefined && { _meta: meta }) };
}

/** `audio` came with 2025-03-26, `resource_link` with 2025-06-18; clients from before get text. */
function projectBlock(block: unknown, revision: Revision): unknown {
  if (!isRecord(block)) return block;
  switch (block['type']) {
    case 'resource_link':
      if (revision >= '2025-06-18') return projectNamed(block, revision);
      return { type: 'text', text: `${String(block['name'])}: ${String(block['uri'])}` };
    case 'audio':
      return revision >= '2025-03-26'
        ? block
        : { type: 'text', text: `[audio, ${String(block['mimeType'])}]` };
    default:
      return block;
  }
}

function withoutCache({ ttlMs: _ttlMs, cacheScope: _cacheScope, ...result }: JsonObject): JsonObject {
  return result;
}
