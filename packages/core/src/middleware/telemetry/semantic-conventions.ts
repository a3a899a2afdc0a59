/**
 * Names of OpenTelemetry for MCP. The conventions are in development and have no npm package: the constants in
 * `@opentelemetry/semantic-conventions` are deprecated copies.
 *
 * @see https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md
 */
export const Attribute = {
  methodName: 'mcp.method.name',
  protocolVersion: 'mcp.protocol.version',
  resourceUri: 'mcp.resource.uri',
  sessionId: 'mcp.session.id',
  toolName: 'gen_ai.tool.name',
  toolArguments: 'gen_ai.tool.call.arguments',
  toolResult: 'gen_ai.tool.call.result',
  promptName: 'gen_ai.prompt.name',
  operationName: 'gen_ai.operation.name',
  requestId: 'jsonrpc.request.id',
  statusCode: 'rpc.response.status_code',
  errorType: 'error.type',
  networkTransport: 'network.transport',
  networkProtocolName: 'network.protocol.name',
  networkProtocolVersion: 'network.protocol.version',
  clientAddress: 'client.address',
  clientPort: 'client.port',
  exceptionType: 'exception.type',
  exceptionMessage: 'exception.message',
  exceptionStacktrace: 'exception.stacktrace',
  /** Ours: the stable code of the error, where `error.type` only says `tool_error`. */
  errorCode: 'toolyard.error.code',
  /** Ours: the call was answered while the handler went on. */
  handlerAbandoned: 'toolyard.handler.abandoned',
} as const;

export const Metric = {
  operationDuration: 'mcp.server.operation.duration',
  sessionDuration: 'mcp.server.session.duration',
} as const;

/** `gen_ai.operation.name` of `tools/call`, and of nothing else. */
export const EXECUTE_TOOL = 'execute_tool';
/** `error.type` of a tool result with `isError`. */
export const TOOL_ERROR = 'tool_error';
/** Stands for names that clients make up: each would be a series of its own. */
export const UNKNOWN_TOOL = '_unknown';
export const OTHER = '_OTHER';
/** Named like `gen_ai.client.operation.exception`; MCP has none of its own yet. */
export const EXCEPTION_EVENT = 'mcp.server.operation.exception';

export const DURATION_BUCKETS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
export const SIZE_BUCKETS = [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];
