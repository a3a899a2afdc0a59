import { DefinitionError } from '../errors.ts';
import type { HeaderParameter } from '../protocol/headers.ts';
import { isRecord } from '../protocol/json-rpc.ts';
import type { JsonObject } from '../protocol/messages.ts';

/**
 * Adds `x-mcp-header` to the named properties of an input schema.
 *
 * @param headers - property path (`region`, `filter.tenant`) to header name: clients send `Mcp-Param-{name}`.
 */
export function annotateHeaders(
  json: JsonObject,
  headers: Readonly<Record<string, string>>,
  where: string,
): JsonObject {
  const annotated = structuredClone(json);
  for (const [path, header] of Object.entries(headers)) {
    let node: unknown = annotated;
    for (const key of path.split('.')) node = propertyOf(node, key);
    if (!isRecord(node)) {
      throw new DefinitionError(
        'INVALID_HEADER_PARAMETER',
        `${where}: headers names "${path}", which the input does not have.`,
      );
    }
    node['x-mcp-header'] = header;
  }
  return annotated;
}

/**
 * Collects the `x-mcp-header` annotations of an input schema.
 *
 * @throws {DefinitionError} `INVALID_HEADER_PARAMETER` where the specification forbids one.
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports#custom-headers-from-tool-parameters
 */
export function headerParametersOf(json: JsonObject, where: string): readonly HeaderParameter[] {
  const found: HeaderParameter[] = [];
  visit(json, [], true);
  return found;

  function visit(node: unknown, path: readonly string[], reachable: boolean): void {
    if (Array.isArray(node)) {
      for (const item of node) visit(item, path, false);
      return;
    }
    if (!isRecord(node)) return;
    if ('x-mcp-header' in node) found.push(parameter(node, path, reachable));
    for (const [keyword, below] of Object.entries(node)) {
      if (keyword === 'properties' && isRecord(below)) {
        for (const [name, property] of Object.entries(below)) visit(property, [...path, name], reachable);
      } else if (SCHEMA_MAPS.has(keyword) && isRecord(below)) {
        for (const schema of Object.values(below)) visit(schema, path, false);
      } else if (SCHEMAS.has(keyword)) {
        visit(below, path, false);
      }
    }
  }

  function parameter(node: JsonObject, path: readonly string[], reachable: boolean): HeaderParameter {
    const { 'x-mcp-header': header, type } = node;
    const at = `${where}: x-mcp-header at "${path.join('.')}"`;
    if (!reachable || path.length === 0)
      throw invalid(`${at} must be on a property reached through properties alone.`);
    if (typeof header !== 'string' || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(header)) {
      throw invalid(`${at} must be an HTTP token.`);
    }
    if (type !== 'string' && type !== 'integer' && type !== 'boolean') {
      throw invalid(`${at} needs a property of type string, integer or boolean.`);
    }
    if (found.some((other) => other.header.toLowerCase() === header.toLowerCase())) {
      throw invalid(`${at}: the header ${header} is taken by another property.`);
    }
    return { path, header, type };
  }
}

const SCHEMA_MAPS = new Set(['patternProperties', 'dependentSchemas', '$defs', 'definitions']);
const SCHEMAS = new Set(
  'items prefixItems contains additionalProperties unevaluatedProperties unevaluatedItems propertyNames oneOf anyOf allOf not if then else'.split(
    ' ',
  ),
);

function propertyOf(node: unknown, key: string): unknown {
  const properties = isRecord(node) ? node['properties'] : undefined;
  return isRecord(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined;
}

function invalid(message: string): DefinitionError {
  return new DefinitionError('INVALID_HEADER_PARAMETER', message);
}
