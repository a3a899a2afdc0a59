import { isRecord } from '@toolyard/core/protocol';

import type { Visit } from '../beside/front.ts';
import { badRequest, type Answer } from './answer.ts';
import { callTool, type RestServing, type ToolRequest } from './call.ts';
import { readToolRequest } from './tool-request.ts';

/** How much one batch may hold, and how much of it runs at once. */
export interface BatchOptions {
  /** Calls in one batch. Default 50. */
  readonly maxCalls?: number;
  /** Calls of one batch that run at the same time. Default 4. */
  readonly concurrency?: number;
}

/** What became of one call of a batch. */
export interface BatchItem {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Runs calls side by side, each through the whole pipeline: to be allowed one says nothing about the others.
 *
 * @returns one item for each call, in their order.
 * @throws {Refusal} when the batch itself is not in order; nothing has run then.
 */
export async function runBatch(
  serving: RestServing,
  visit: Visit,
  body: unknown,
  { maxCalls = 50, concurrency = 4 }: BatchOptions,
): Promise<readonly BatchItem[]> {
  if (!Array.isArray(body)) throw badRequest('INVALID_BATCH', 'A batch is a JSON array of calls.');
  if (body.length === 0 || body.length > maxCalls)
    throw badRequest('INVALID_BATCH', `A batch has 1 to ${maxCalls} calls; this one has ${body.length}.`);
  const requests = body.map((item, index) => readItem(item, index));
  const gone = new AbortController();
  visit.reply.onGone(() => gone.abort());
  const items: BatchItem[] = [];
  let next = 0;
  const work = async () => {
    while (next < requests.length && !gone.signal.aborted) {
      const index = next++;
      items[index] = itemOf(await callTool(serving, visit, requests[index]!));
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, requests.length) }, work));
  return items;
}

function itemOf({ status, body }: Answer): BatchItem {
  return { status, body };
}

function readItem(item: unknown, index: number): ToolRequest {
  const at = `Call ${index} of the batch`;
  if (!isRecord(item) || typeof item['name'] !== 'string')
    throw badRequest('INVALID_BATCH', `${at} has no "name".`);
  const { name, idempotencyKey } = item;
  if (idempotencyKey !== undefined && typeof idempotencyKey !== 'string')
    throw badRequest('INVALID_BATCH', `${at}: "idempotencyKey" is a string.`);
  return { ...readToolRequest(name, item, at), idempotencyKey };
}
