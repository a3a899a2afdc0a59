import { ToolyardError } from '../errors.ts';
import { canonicalJson } from '../protocol/canonical-json.ts';
import { isRecord, type JsonRpcResponse } from '../protocol/json-rpc.ts';
import type { JsonObject, ServerNotification, ServerRequest } from '../protocol/messages.ts';
import type { Era } from '../protocol/revisions.ts';

/** What a server said before it answered. */
export type CassetteEvent =
  | { readonly notification: ServerNotification }
  | { readonly request: ServerRequest; readonly answer?: JsonObject; readonly error?: string };

/** One message of a client and everything the server said to it. */
export interface CassetteEntry {
  readonly era: Era;
  /** Numbers the sessions of 2025 clients. */
  readonly session?: number;
  readonly message: JsonObject;
  readonly events: readonly CassetteEvent[];
  /** `null` where there was none: notifications, and requests that were still open or given up. */
  readonly response: JsonRpcResponse | null;
}

/**
 * Replaces values before they are written or compared, like the second argument of `JSON.stringify`: for secrets, and
 * for what differs on every run.
 */
export type Redact = (key: string, value: unknown) => unknown;

/** Reads a cassette: one entry per line. */
export function parseCassette(cassette: string): CassetteEntry[] {
  return cassette
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, number }) => parseEntry(line, number));
}

/** What makes two messages ask for the same: ids and `_meta` do not count, nor does who opens a session. */
export function matchKey(era: Era, message: JsonObject): string {
  const params = isRecord(message['params']) ? message['params'] : {};
  if (message['method'] === 'initialize')
    return canonicalJson([era, 'initialize', params['protocolVersion']]);
  const { _meta, ...rest } = params;
  return canonicalJson([era, message['method'], rest]);
}

function parseEntry(line: string, number: number): CassetteEntry {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch (cause) {
    throw new ToolyardError('BAD_CASSETTE', `Line ${number} of the cassette is not JSON.`, { cause });
  }
  if (
    isRecord(entry) &&
    isRecord(entry['message']) &&
    Array.isArray(entry['events']) &&
    'response' in entry
  ) {
    return entry as unknown as CassetteEntry;
  }
  throw new ToolyardError('BAD_CASSETTE', `Line ${number} of the cassette is not a recorded exchange.`);
}
