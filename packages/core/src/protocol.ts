// This list is the public API of @toolyard/core/protocol.
export { missingCapabilities } from './protocol/capabilities.ts';
export { stringifyMessage } from './protocol/shared-json.ts';
export { canonicalJson } from './protocol/canonical-json.ts';
export {
  claimedVersion,
  eraOf,
  isLogLevel,
  metaOf,
  passesLogLevel,
  readEnvelope,
  unsupportedVersion,
  type ClientDescription,
  type Envelope,
  type EnvelopeReading,
} from './protocol/envelope.ts';
export { ErrorCode } from './protocol/error-codes.ts';
export {
  checkContradiction,
  checkHeaders,
  checkParameterHeaders,
  decodeHeaderValue,
  type HeaderParameter,
  type HeaderReader,
} from './protocol/headers.ts';
export {
  answerableId,
  errorResponse,
  isRecord,
  isRequestId,
  kindOf,
  type JsonRpcError,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResponse,
  type JsonRpcResultResponse,
  type MessageKind,
  type RequestId,
} from './protocol/json-rpc.ts';
export type * from './protocol/messages.ts';
export { MetaKey } from './protocol/meta.ts';
export { projectLegacy, projectModern, type ModernStamp } from './protocol/project.ts';
export {
  ASSUMED_LEGACY_REVISION,
  isModernVersion,
  isRevision,
  LATEST_LEGACY_REVISION,
  LEGACY_REVISIONS,
  MODERN_REVISION,
  MODERN_REVISIONS,
  negotiateLegacy,
  REVISIONS,
  type Era,
  type Revision,
} from './protocol/revisions.ts';
