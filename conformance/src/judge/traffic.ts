import {
  isRecord,
  LATEST_LEGACY_REVISION,
  MetaKey,
  MODERN_REVISION,
  type JsonObject,
  type Revision,
} from '@toolyard/core/protocol';

import type { Encoding } from './wire.ts';

/** One HTTP request of a conversation, as it goes to each server. */
export interface Step {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** As text, because it need not be JSON. */
  readonly body?: string | undefined;
  /** Its answer is a stream that stays open until the client leaves. */
  readonly open?: boolean | undefined;
  /** How the body becomes bytes, where it is not plain UTF-8 in one piece. */
  readonly encoding?: Encoding | undefined;
  /** The next step does not wait for its answer. */
  readonly atOnce?: boolean | undefined;
}

/**
 * Requests one client sends, in order. What a server made up earlier is written as a placeholder: `{session}` (the
 * session id), `{state}` (the latest `requestState`), `{asked}` (the id of the latest request of the server),
 * `{cursor}`, and `{event}` (the id of the first event of the latest stream).
 */
export interface Conversation {
  readonly name: string;
  readonly steps: readonly Step[];
}

/** Headers to add to the usual ones, or with `undefined` to leave out. */
type HeaderChanges = Readonly<Record<string, string | undefined>>;

/** The usual headers of a client on this machine. */
const CLIENT = {
  host: 'localhost',
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

const NAMED_BY: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};

/** The envelope of a client that can be asked everything. */
export const ENVELOPE: JsonObject = {
  [MetaKey.protocolVersion]: MODERN_REVISION,
  [MetaKey.clientInfo]: { name: 'judge', version: '1.0.0' },
  [MetaKey.clientCapabilities]: { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} },
};

/** Any JSON as a POST. */
export function post(message: unknown, headers: HeaderChanges = {}): Step {
  return { method: 'POST', headers: change(CLIENT, headers), body: JSON.stringify(message) };
}

/** A POST whose body is written out. */
export function postText(body: string, headers: HeaderChanges = {}): Step {
  return { method: 'POST', headers: change(CLIENT, headers), body };
}

/** A request of 2026-07-28 with its envelope, and the headers that go with it. */
export function modern(
  method: string,
  params: JsonObject = {},
  { id = 1, headers = {} }: { id?: unknown; headers?: HeaderChanges } = {},
): Step {
  const meta = isRecord(params['_meta']) ? { ...ENVELOPE, ...params['_meta'] } : ENVELOPE;
  return modernMessage({ jsonrpc: '2.0', id, method, params: { ...params, _meta: meta } }, headers);
}

/** A message as it is, with the headers of 2026-07-28 that go with it. */
export function modernMessage(message: JsonObject, headers: HeaderChanges = {}): Step {
  const { method, params } = message;
  const field = typeof method === 'string' ? NAMED_BY[method] : undefined;
  const name = field !== undefined && isRecord(params) ? params[field] : undefined;
  return post(message, {
    'mcp-protocol-version': MODERN_REVISION,
    ...(typeof method === 'string' && { 'mcp-method': method }),
    ...(typeof name === 'string' && { 'mcp-name': headerText(name) }),
    ...headers,
  });
}

/** A message inside a session. */
export function inSession(
  message: unknown,
  revision: Revision = LATEST_LEGACY_REVISION,
  headers: HeaderChanges = {},
): Step {
  return post(message, {
    'mcp-session-id': '{session}',
    'mcp-protocol-version': revision >= '2025-06-18' ? revision : undefined,
    ...headers,
  });
}

/** GET or DELETE inside a session. */
export function bodiless(
  method: string,
  headers: HeaderChanges = {},
  { open }: { open?: boolean } = {},
): Step {
  return {
    method,
    headers: change(
      { host: CLIENT.host, accept: 'text/event-stream', 'mcp-session-id': '{session}' },
      headers,
    ),
    open,
  };
}

/** A request of a revision that opens with `initialize`. */
export function request(method: string, params?: JsonObject, id: unknown = 2): JsonObject {
  return { jsonrpc: '2.0', id, method, ...(params && { params }) };
}

export function notification(method: string, params?: JsonObject): JsonObject {
  return { jsonrpc: '2.0', method, ...(params && { params }) };
}

/** What opens a session. */
export function opening(
  revision: string = LATEST_LEGACY_REVISION,
  capabilities: JsonObject = { elicitation: {}, sampling: {}, roots: { listChanged: true } },
): readonly Step[] {
  const clientInfo = { name: 'judge', version: '1.0.0' };
  const initialize = request('initialize', { protocolVersion: revision, capabilities, clientInfo }, 1);
  return [post(initialize), inSession(notification('notifications/initialized'), revision as Revision)];
}

/** A text as a header value, in Base64 where it has to be. */
export function headerText(value: string): string {
  const isPlain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value) && !value.startsWith('=?base64?');
  return isPlain ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`;
}

function change(headers: Readonly<Record<string, string>>, changes: HeaderChanges): Record<string, string> {
  const entries = Object.entries({ ...headers, ...changes });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
