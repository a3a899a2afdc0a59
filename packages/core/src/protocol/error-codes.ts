/**
 * JSON-RPC error codes of the protocol. Codes of your own stay outside -32768..-32000.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic
 */
export const ErrorCode = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  /** What HTTP transports answer with where only the status says more: bad media type, missing session header. */
  serverError: -32000,
  /** The session of a 2025 client is unknown or over. */
  sessionNotFound: -32001,
  /** Until 2025-11-25: the resource does not exist. 2026-07-28 answers `invalidParams`. */
  resourceNotFound: -32002,
  /** 2025-11-25: the client has to visit a URL first. */
  urlElicitationRequired: -32042,
  headerMismatch: -32020,
  missingClientCapability: -32021,
  unsupportedProtocolVersion: -32022,
  /** Toolyard: the principal lacks scopes or roles; `data.scopes` names the scopes. */
  accessDenied: -31403,
  /** Toolyard: a limit was reached; `data.retryAfterMs` says when to come back. */
  limitExceeded: -31429,
} as const;
