import { isRecord } from '@toolyard/core/protocol';

import { badRequest } from './answer.ts';
import type { ToolRequest } from './call.ts';

/**
 * Reads a call that says more than its arguments: `{ arguments, inputResponses, requestState }`.
 *
 * @param where - begins the sentence that says what is wrong.
 * @throws {Refusal}
 */
export function readToolRequest(name: string, body: unknown, where: string): ToolRequest {
  const { arguments: args = {}, inputResponses, requestState } = isRecord(body) ? body : {};
  if (!isRecord(body) || !isRecord(args))
    throw badRequest('INVALID_REQUEST', `${where}: "arguments" is a JSON object.`);
  if (inputResponses !== undefined && !isRecord(inputResponses))
    throw badRequest('INVALID_REQUEST', `${where}: "inputResponses" is a JSON object.`);
  if (requestState !== undefined && typeof requestState !== 'string')
    throw badRequest('INVALID_REQUEST', `${where}: "requestState" is a string.`);
  return { name, arguments: args, inputResponses, requestState };
}
