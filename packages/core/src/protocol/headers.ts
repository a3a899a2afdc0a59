import { ErrorCode } from './error-codes.ts';
import { isRecord, type JsonRpcError } from './json-rpc.ts';
import { claimedVersion } from './envelope.ts';

/** Reads one request header by its lower-case name. */
export type HeaderReader = (name: string) => string | undefined;

const NAME_SOURCE: Readonly<Record<string, string | undefined>> = Object.assign(Object.create(null), {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
});

/**
 * Checks that the headers of a modern request say what its body says, so that proxies may decide by headers.
 *
 * @returns the error to answer with (HTTP 400), or `undefined` when they agree.
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports#request-headers
 */
export function checkHeaders(
  message: { method: string; params?: unknown },
  header: HeaderReader,
): JsonRpcError | undefined {
  const contradiction = checkContradiction(message, header);
  if (contradiction) return contradiction;
  if (header('mcp-protocol-version') === undefined) {
    const claimed = claimedVersion(message.params);
    return mismatch('(missing)', `the MCP-Protocol-Version header is missing; the body names ${claimed}`);
  }
  if (header('mcp-method') === undefined) {
    return mismatch('(missing)', `the Mcp-Method header is missing; the body names ${message.method}`);
  }

  const field = NAME_SOURCE[message.method];
  if (field === undefined) return undefined;
  const expected = isRecord(message.params) ? message.params[field] : undefined;
  const raw = trim(header('mcp-name'));
  if (raw === undefined) {
    if (typeof expected !== 'string') return undefined;
    return mismatch(
      '(missing)',
      `the Mcp-Name header is missing; the body has params.${field} = ${quote(expected)}`,
    );
  }
  const name = decodeHeaderValue(raw);
  if (name === undefined) return mismatch(raw, 'Mcp-Name is not valid Base64');
  if (typeof expected === 'string' && name !== expected) {
    return mismatch(raw, `Mcp-Name is ${quote(name)} but the body has params.${field} = ${quote(expected)}`);
  }
  return undefined;
}

/**
 * Checks that no header names another version or method than the body. Holds for messages of every modern version,
 * those that are not served included; which headers have to be there is for each version to say.
 */
export function checkContradiction(
  { method, params }: { method: string; params?: unknown },
  header: HeaderReader,
): JsonRpcError | undefined {
  const claimed = claimedVersion(params);
  const namedVersion = trim(header('mcp-protocol-version'));
  if (namedVersion !== undefined && claimed !== undefined && namedVersion !== claimed) {
    return mismatch(namedVersion, `MCP-Protocol-Version is ${namedVersion} but the body names ${claimed}`);
  }
  const namedMethod = trim(header('mcp-method'));
  if (namedMethod !== undefined && namedMethod !== method) {
    return mismatch(namedMethod, `Mcp-Method is ${namedMethod} but the body names ${method}`);
  }
  return undefined;
}

/** A property of a tool's input that clients repeat in the header `Mcp-Param-{header}`. */
export interface HeaderParameter {
  readonly path: readonly string[];
  readonly header: string;
  readonly type: 'string' | 'integer' | 'boolean';
}

/**
 * Checks the `Mcp-Param-*` headers of a `tools/call` against its arguments.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports#custom-headers-from-tool-parameters
 */
export function checkParameterHeaders(
  parameters: readonly HeaderParameter[],
  args: unknown,
  header: HeaderReader,
): JsonRpcError | undefined {
  for (const { path, header: suffix, type } of parameters) {
    const value = valueAt(args, path);
    if (value === undefined || value === null) continue;
    const expected = headerText(value);
    if (expected === undefined) continue;
    const name = `Mcp-Param-${suffix}`;
    const raw = trim(header(name.toLowerCase()));
    const where = path.join('.');
    if (raw === undefined)
      return mismatch(name, `the ${name} header is missing; the body has ${where} = ${quote(value)}`);
    const decoded = decodeHeaderValue(raw);
    if (decoded === undefined) return mismatch(name, `${name} is not valid Base64`);
    const equal =
      type === 'integer' && typeof value === 'number' && /^-?\d+(\.\d+)?$/.test(decoded)
        ? Number(decoded) === value
        : decoded === expected;
    if (!equal)
      return mismatch(name, `${name} is ${quote(decoded)} but the body has ${where} = ${quote(value)}`);
  }
  return undefined;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A header value as text: `=?base64?…?=` is decoded as UTF-8; `undefined` when that fails. */
export function decodeHeaderValue(value: string): string | undefined {
  if (!value.startsWith('=?base64?') || !value.endsWith('?=')) return value;
  const encoded = value.slice(9, -2);
  if (!BASE64.test(encoded)) return undefined;
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function headerText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : String(value);
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  let node = root;
  for (const key of path) node = isRecord(node) && Object.hasOwn(node, key) ? node[key] : undefined;
  return node;
}

function trim(value: string | undefined): string | undefined {
  if (value === undefined || !(isBlank(value, 0) || isBlank(value, value.length - 1))) return value;
  return value.replace(/^[ \t]+|[ \t]+$/g, '');
}

function isBlank(value: string, at: number): boolean {
  const code = value.charCodeAt(at);
  return code === 0x20 || code === 0x09;
}

function quote(value: unknown): string {
  return JSON.stringify(value);
}

function mismatch(header: string, problem: string): JsonRpcError {
  return {
    code: ErrorCode.headerMismatch,
    message: `Bad Request: the request headers and body disagree: ${problem}`,
    data: { mismatch: { header, body: problem } },
  };
}
