import {
  isRecord,
  LATEST_LEGACY_REVISION,
  MetaKey,
  MODERN_REVISION,
  type JsonRpcResponse,
} from '@toolyard/core/protocol';

import type { HttpHeaders } from '../endpoint/message.ts';
import type { Answer } from './http.ts';

/** A JSON-RPC message and the headers that go with it. */
export interface Message {
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: HttpHeaders;
}

const CLIENT = { name: 'toolyard-doctor', version: '1.0.0' };
const REQUEST_ID = 'doctor';
/** A revision that nobody serves. */
export const UNKNOWN_REVISION = '2999-01-01';

/** A request of the 2026 era. */
export function modernMessage(
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  version: string = MODERN_REVISION,
): Message {
  const meta = {
    [MetaKey.protocolVersion]: version,
    [MetaKey.clientCapabilities]: {},
    [MetaKey.clientInfo]: CLIENT,
  };
  return {
    body: {
      jsonrpc: '2.0',
      id: REQUEST_ID,
      method,
      params: { ...params, _meta: { ...meta, ...metaIn(params) } },
    },
    headers: { 'mcp-protocol-version': version, 'mcp-method': method },
  };
}

/** The request that opens a session. */
export function initializeMessage(version: string = LATEST_LEGACY_REVISION): Message {
  const params = { protocolVersion: version, capabilities: {}, clientInfo: CLIENT };
  return { body: { jsonrpc: '2.0', id: REQUEST_ID, method: 'initialize', params }, headers: {} };
}

/** A session, or what stands for one with servers that have none. */
export interface LegacyLine {
  readonly version: string;
  readonly sessionId: string | undefined;
}

/** A request or, without `id`, a notification of the 2025 era. */
export function legacyMessage(
  line: LegacyLine,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  id: string | undefined = REQUEST_ID,
): Message {
  return {
    body: { jsonrpc: '2.0', ...(id !== '' && { id }), method, params },
    headers: legacyHeaders(line),
  };
}

export function legacyHeaders({ version, sessionId }: LegacyLine): HttpHeaders {
  return { 'mcp-protocol-version': version, ...(sessionId !== undefined && { 'mcp-session-id': sessionId }) };
}

/** The JSON-RPC response in an answer, whether it is JSON or an event stream. */
export function responseIn({ headers, text }: Pick<Answer, 'headers' | 'text'>): JsonRpcResponse | undefined {
  if (!isStream(headers)) return parseResponse(text);
  // Only complete events: the last piece may be cut anywhere.
  for (const event of text.split(/\r?\n\r?\n/).slice(0, -1)) {
    const data = event.split(/\r?\n/).filter((line) => line.startsWith('data:'));
    const response = parseResponse(data.map((line) => line.slice(5)).join('\n'));
    if (response) return response;
  }
  return undefined;
}

export function isStream(headers: HttpHeaders): boolean {
  return /^text\/event-stream\b/i.test(headers['content-type'] ?? '');
}

function parseResponse(text: string): JsonRpcResponse | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isResponse =
      isRecord(value) && value['jsonrpc'] === '2.0' && ('result' in value || isRecord(value['error']));
    return isResponse ? (value as unknown as JsonRpcResponse) : undefined;
  } catch {
    return undefined;
  }
}

function metaIn(params: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return isRecord(params['_meta']) ? params['_meta'] : {};
}
