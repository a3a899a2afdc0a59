/** The id of a JSON-RPC request. */
export type RequestId = string | number;

/** A request: it is answered under its `id`. */
export interface JsonRpcRequest {
  readonly jsonrpc: '2.0';
  readonly id: RequestId;
  readonly method: string;
  readonly params?: Record<string, unknown> | undefined;
}

/** A message without an answer. */
export interface JsonRpcNotification {
  readonly jsonrpc: '2.0';
  readonly method: string;
  readonly params?: Record<string, unknown> | undefined;
}

/** Why a request failed, as JSON-RPC tells it. */
export interface JsonRpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** The answer to a request that went well; a tool result with `isError` is one too. */
export interface JsonRpcResultResponse {
  readonly jsonrpc: '2.0';
  readonly id: RequestId;
  readonly result: Record<string, unknown>;
}

/** The answer to a request that failed. `id` is `null` where that of the request could not be read. */
export interface JsonRpcErrorResponse {
  readonly jsonrpc: '2.0';
  readonly id: RequestId | null;
  readonly error: JsonRpcError;
}

/** The answer to a request. */
export type JsonRpcResponse = JsonRpcResultResponse | JsonRpcErrorResponse;
/** Anything that goes over the wire; batches, which 2025-03-26 has, are arrays of these. */
export type JsonRpcMessage = JsonRpcRequest | JsonRpcNotification | JsonRpcResponse;

/** Which of the JSON-RPC shapes a parsed value has. */
export type MessageKind = 'request' | 'notification' | 'response' | 'invalid';

/** Tells the shape of an untrusted value. Nothing inside `params` or `result` is looked at. */
export function kindOf(value: unknown): MessageKind {
  if (!isRecord(value) || value['jsonrpc'] !== '2.0') return 'invalid';
  const { id, method, params } = value;
  if (typeof method === 'string') {
    if (params !== undefined && !isRecord(params)) return 'invalid';
    if (id === undefined) return 'notification';
    return isRequestId(id) ? 'request' : 'invalid';
  }
  const { result, error } = value;
  if (method !== undefined || (result !== undefined && error !== undefined)) return 'invalid';
  if (isRecord(result)) return isRequestId(id) ? 'response' : 'invalid';
  if (!isRecord(error) || !Number.isSafeInteger(error['code']) || typeof error['message'] !== 'string')
    return 'invalid';
  return id === undefined || id === null || isRequestId(id) ? 'response' : 'invalid';
}

/** A text or an integer. One that JavaScript cannot hold exactly would come back as another. */
export function isRequestId(id: unknown): id is RequestId {
  return typeof id === 'string' || Number.isSafeInteger(id);
}

/**
 * The id to answer under when a message is refused: its own if it has a usable one, else `null`. That of a broken
 * response is not usable: it names a request of ours, and to the other side it could be one of its own.
 */
export function answerableId(value: unknown): RequestId | null {
  if (!isRecord(value) || (value['method'] === undefined && ('result' in value || 'error' in value)))
    return null;
  return isRequestId(value['id']) ? value['id'] : null;
}

/** An error response; `id` is `null` where the request has none that can be used. */
export function errorResponse(id: RequestId | null, error: JsonRpcError): JsonRpcErrorResponse {
  return { jsonrpc: '2.0', id, error };
}

/** A plain JSON object: not `null`, not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
