import { ErrorCode, type JsonRpcResponse } from '@toolyard/core/protocol';

/**
 * The HTTP status of a response that is sent as one JSON body. Failures of the protocol itself show in the status;
 * failures of a handler travel inside 200.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
export function statusOf(response: JsonRpcResponse, era: 'modern' | 'legacy'): number {
  if (!('error' in response)) return 200;
  switch (response.error.code) {
    case ErrorCode.accessDenied:
      return 403;
    case ErrorCode.parseError:
    case ErrorCode.invalidRequest:
      return 400;
    case ErrorCode.methodNotFound:
      return era === 'modern' ? 404 : 200;
    case ErrorCode.headerMismatch:
    case ErrorCode.missingClientCapability:
    case ErrorCode.unsupportedProtocolVersion:
      return era === 'modern' ? 400 : 200;
    default:
      return 200;
  }
}
