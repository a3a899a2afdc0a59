import type { Logger } from '@toolyard/core';
import { ErrorCode, errorResponse, stringifyMessage, type JsonRpcMessage } from '@toolyard/core/protocol';

/**
 * A message or batch as JSON. One that is no JSON is logged; where somebody waits for it, an internal error takes its
 * place.
 */
export function messageText(
  message: JsonRpcMessage | readonly JsonRpcMessage[],
  logger: Logger,
): string | undefined {
  try {
    return stringifyMessage(message);
  } catch (err) {
    logger.error({ err }, 'A message could not be written as JSON.');
  }
  if (Array.isArray(message))
    return `[${message.flatMap((one: JsonRpcMessage) => messageText(one, logger) ?? []).join()}]`;
  if (!('id' in message) || 'method' in message) return undefined;
  return JSON.stringify(
    errorResponse(message.id, { code: ErrorCode.internalError, message: 'Internal error' }),
  );
}
