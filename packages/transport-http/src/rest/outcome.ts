import { ErrorCode, isRecord, type JsonRpcError, type JsonRpcResponse } from '@toolyard/core/protocol';

import { challenge } from '../endpoint/auth.ts';
import type { HttpHeaders } from '../endpoint/message.ts';
import { failed, type Answer } from './answer.ts';

/** Seconds after which to try again where nobody knows better. */
const RETRY_SECONDS = 5;

/**
 * What the response to `tools/call` becomes in terms of HTTP.
 *
 * @param continueAt - where the answers to a tool's questions go.
 */
export function outcomeOfCall(response: JsonRpcResponse | undefined, continueAt: string): Answer {
  if (response === undefined) return failed(499, 'CANCELLED', 'The request was given up.');
  if ('error' in response) return outcomeOfError(response.error);
  const { result } = response;
  if (result['isError'] === true) return outcomeOfToolError(result);
  if (result['resultType'] === 'input_required') {
    const { inputRequests, requestState } = result;
    const detail = 'The tool asks for input: send the call again, with the answers, to "continueAt".';
    return failed(409, 'INPUT_REQUIRED', detail, { continueAt, inputRequests, requestState });
  }
  const { structuredContent, content } = result;
  return {
    status: 200,
    headers: {},
    body: structuredContent === undefined ? { content } : structuredContent,
  };
}

/** What a JSON-RPC error becomes. */
export function outcomeOfError({ code: rpcCode, message, data }: JsonRpcError): Answer {
  const facts = isRecord(data) ? data : {};
  const code = typeof facts['code'] === 'string' ? facts['code'] : undefined;
  switch (rpcCode) {
    case ErrorCode.invalidParams:
      if (code === 'IDEMPOTENCY_KEY_REUSED') return failed(422, code, message);
      return message.startsWith('Unknown tool: ')
        ? failed(404, 'TOOL_NOT_FOUND', message)
        : failed(400, code ?? 'INVALID_PARAMS', message);
    case ErrorCode.methodNotFound:
      return failed(404, 'METHOD_NOT_FOUND', message);
    case ErrorCode.missingClientCapability:
      return failed(
        501,
        'MISSING_CAPABILITY',
        `${message} Tools that ask for it cannot be called over REST.`,
      );
    case ErrorCode.accessDenied:
      return accessDenied(message, facts['scopes']);
    case ErrorCode.limitExceeded: {
      const { retryAfterMs } = facts;
      const headers = retryAfter(retryAfterMs);
      return failed(
        code === 'IN_PROGRESS' ? 409 : 429,
        code ?? 'LIMIT_EXCEEDED',
        message,
        { retryAfterMs },
        headers,
      );
    }
    case ErrorCode.internalError:
      return internalError(message, facts);
    default:
      return failed(422, code ?? 'PROTOCOL_ERROR', message, { rpcCode, data });
  }
}

function internalError(message: string, facts: Readonly<Record<string, unknown>>): Answer {
  const { retryable, incident, code } = facts;
  if (retryable === true)
    return failed(503, 'SHUTTING_DOWN', message, {}, { 'retry-after': String(RETRY_SECONDS) });
  if (code === 'TIMEOUT') return failed(504, code, message);
  return failed(500, 'INTERNAL', 'The request failed because of an internal error.', { incident });
}

/** What a tool result with `isError` becomes. */
function outcomeOfToolError(result: Readonly<Record<string, unknown>>): Answer {
  const { code, data } = toolErrorOf(result);
  const content = Array.isArray(result['content']) ? (result['content'] as unknown[]) : [];
  const texts = content.flatMap((block) =>
    isRecord(block) && typeof block['text'] === 'string' ? [block['text']] : [],
  );
  const detail = texts.join('\n') || 'The tool failed.';
  switch (code) {
    case 'INVALID_ARGUMENTS':
      return failed(400, code, detail, { errors: isRecord(data) ? data['issues'] : undefined });
    case 'TIMEOUT':
      return failed(504, code, detail);
    case 'INTERNAL':
      return failed(500, code, detail, { incident: isRecord(data) ? data['incident'] : undefined });
    case 'IN_PROGRESS':
    case 'ALREADY_DONE':
      return failed(409, code, detail);
    default: {
      const isText = content.length === texts.length;
      const { structuredContent } = result;
      return failed(422, code, detail, { data, structuredContent, ...(!isText && { content }) });
    }
  }
}

function toolErrorOf(result: Readonly<Record<string, unknown>>): {
  readonly code: string;
  readonly data: unknown;
} {
  const meta = isRecord(result['_meta']) ? result['_meta']['toolyard/error'] : undefined;
  const { code, data } = isRecord(meta) ? meta : {};
  return { code: typeof code === 'string' ? code : 'TOOL_FAILED', data };
}

function accessDenied(message: string, scopes: unknown): Answer {
  const needed = Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : [];
  const { headers } = challenge({ status: 403, error: 'insufficient_scope', scopes: needed });
  return failed(403, 'ACCESS_DENIED', message, { scopes: needed }, headers);
}

function retryAfter(retryAfterMs: unknown): HttpHeaders {
  const seconds =
    typeof retryAfterMs === 'number' ? Math.max(1, Math.ceil(retryAfterMs / 1000)) : RETRY_SECONDS;
  return { 'retry-after': String(seconds) };
}
