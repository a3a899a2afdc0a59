import { ErrorCode } from './error-codes.ts';
import { isRecord, type JsonRpcError } from './json-rpc.ts';
import type { ClientCapabilities, Implementation, LogLevel } from './messages.ts';
import { MetaKey } from './meta.ts';
import { isModernVersion, MODERN_REVISIONS, type Era, type Revision } from './revisions.ts';

/** What a client tells about itself. */
export interface ClientDescription {
  readonly info?: Implementation | undefined;
  readonly capabilities: ClientCapabilities;
}

/** What each request of the 2026 era carries in `params._meta`. */
export interface Envelope {
  readonly protocolVersion: Revision;
  readonly client: ClientDescription;
  readonly logLevel?: LogLevel | undefined;
}

/** What a request says of its client, or the error to answer it with. */
export type EnvelopeReading = { envelope: Envelope } | { error: JsonRpcError };

const LOG_LEVELS: readonly string[] = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
] satisfies LogLevel[];

/** Whether a value is one of the eight levels of the protocol. */
export function isLogLevel(value: unknown): value is LogLevel {
  return typeof value === 'string' && LOG_LEVELS.includes(value);
}

/** Whether a message of severity `level` passes a client's `minimum`. */
export function passesLogLevel(level: LogLevel, minimum: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(minimum);
}

/**
 * The era a message belongs to, from its body alone: one that names a version in `_meta` is modern, all others are
 * legacy. `initialize` stays legacy unless its envelope names a modern revision.
 */
export function eraOf(message: { method?: unknown; params?: unknown }): Era {
  const meta = metaOf(message.params);
  if (meta === undefined || !(MetaKey.protocolVersion in meta)) return 'legacy';
  if (message.method !== 'initialize') return 'modern';
  const version = meta[MetaKey.protocolVersion];
  return typeof version === 'string' && isModernVersion(version) ? 'modern' : 'legacy';
}

/** The version a message claims in `_meta`, whether or not it is served. */
export function claimedVersion(params: unknown): string | undefined {
  const version = metaOf(params)?.[MetaKey.protocolVersion];
  return typeof version === 'string' ? version : undefined;
}

/**
 * Reads and checks the envelope of a modern request.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic
 */
export function readEnvelope(params: unknown): EnvelopeReading {
  const meta = metaOf(params);
  if (meta === undefined) return invalid('_meta', 'missing');
  const version = meta[MetaKey.protocolVersion];
  if (version === undefined) return invalid(MetaKey.protocolVersion, 'missing');
  const capabilities = meta[MetaKey.clientCapabilities];
  if (capabilities === undefined) return invalid(MetaKey.clientCapabilities, 'missing');
  if (typeof version !== 'string') return invalid(MetaKey.protocolVersion, 'must be a string');
  if (!areCapabilities(capabilities))
    return invalid(MetaKey.clientCapabilities, 'must be an object of objects');
  const info = meta[MetaKey.clientInfo];
  if (info !== undefined && !isImplementation(info)) {
    return invalid(MetaKey.clientInfo, 'must be an object with the strings name and version');
  }
  const logLevel = meta[MetaKey.logLevel];
  if (logLevel !== undefined && !isLogLevel(logLevel)) {
    return invalid(MetaKey.logLevel, `must be one of ${LOG_LEVELS.join(', ')}`);
  }
  const progressToken = meta[MetaKey.progressToken];
  if (
    progressToken !== undefined &&
    typeof progressToken !== 'string' &&
    !Number.isSafeInteger(progressToken)
  ) {
    return invalid(MetaKey.progressToken, 'must be a string or an integer');
  }
  if (!isServed(version)) return { error: unsupportedVersion(version) };
  return { envelope: { protocolVersion: version, client: { info, capabilities }, logLevel } };
}

function isServed(version: string): version is Revision {
  return (MODERN_REVISIONS as readonly string[]).includes(version);
}

/** The error for a version that is not served; its data lets the client choose another. */
export function unsupportedVersion(requested: string): JsonRpcError {
  return {
    code: ErrorCode.unsupportedProtocolVersion,
    message: `Unsupported protocol version: ${requested}`,
    data: { supported: [...MODERN_REVISIONS], requested },
  };
}

/** The `_meta` object of a message's params. */
export function metaOf(params: unknown): Record<string, unknown> | undefined {
  if (!isRecord(params)) return undefined;
  const meta = params['_meta'];
  return isRecord(meta) ? meta : undefined;
}

export function isImplementation(value: unknown): value is Implementation {
  return isRecord(value) && typeof value['name'] === 'string' && typeof value['version'] === 'string';
}

export function areCapabilities(value: unknown): value is ClientCapabilities {
  if (!isRecord(value)) return false;
  // Every request of 2026 brings them, most of them empty: loops, since a closure for each capability shows.
  for (const [key, settings] of CAPABILITIES) {
    const capability = value[key];
    if (capability === undefined) continue;
    if (!isRecord(capability)) return false;
    for (const setting of settings === '*' ? Object.keys(capability) : settings) {
      if (capability[setting] !== undefined && !isRecord(capability[setting])) return false;
    }
  }
  return true;
}

/** Capabilities that are objects, and their settings that are objects in turn. */
const CAPABILITIES: readonly (readonly [string, readonly string[] | '*'])[] = [
  ['experimental', '*'],
  ['sampling', ['context', 'tools']],
  ['elicitation', ['form', 'url']],
  ['roots', []],
  ['extensions', '*'],
];

function invalid(key: string, problem: string): { error: JsonRpcError } {
  return {
    error: {
      code: ErrorCode.invalidParams,
      message: `Invalid _meta envelope for protocol revision 2026-07-28: ${key}: ${problem}`,
      data: { envelope: { key, problem } },
    },
  };
}
