import { isRecord, type JsonObject } from '@toolyard/core/protocol';

import { isJson } from '../endpoint/accept.ts';
import { BodyError } from '../endpoint/message.ts';
import { problem } from '../beside/problem.ts';
import type { Visit } from '../beside/front.ts';
import { badRequest, Refusal } from './answer.ts';

/**
 * The JSON of a body. An empty one is `undefined`.
 *
 * @throws {Refusal} when it is none, or is too large.
 */
export async function readJson({ incoming }: Visit, maxBytes: number): Promise<unknown> {
  const type = incoming.header('content-type');
  // What forms can send without asking first is refused before anything is read.
  if (type !== undefined && !isJson(type))
    throw new Refusal(problem(415, 'UNSUPPORTED_MEDIA_TYPE', 'Content-Type must be application/json.'));
  let text: string;
  try {
    text = await incoming.readBody(maxBytes);
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    const code = error.status === 413 ? 'BODY_TOO_LARGE' : 'BODY_UNREADABLE';
    throw new Refusal(problem(error.status, code, error.message));
  }
  if (text === '') return undefined;
  if (type === undefined)
    throw new Refusal(problem(415, 'UNSUPPORTED_MEDIA_TYPE', 'Content-Type must be application/json.'));
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badRequest('INVALID_JSON', 'The body is not JSON.');
  }
}

/** @throws {Refusal} for anything but an object. Nothing at all counts as no arguments. */
export function argumentsOf(body: unknown): JsonObject {
  if (body === undefined) return {};
  if (isRecord(body)) return body;
  throw badRequest('INVALID_ARGUMENTS', 'The arguments of a tool are a JSON object.', {
    errors: [{ path: '', message: 'must be an object' }],
  });
}

const MAX_KEY = 256;

/**
 * Reads `Idempotency-Key`, with quotes, as the draft has it, or without, as most send it.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 * @throws {Refusal}
 */
export function readIdempotencyKey({ incoming }: Visit): string | undefined {
  const sent = incoming.header('idempotency-key')?.trim();
  if (sent === undefined) return undefined;
  const key = /^"([^"\\]*)"$/.exec(sent)?.[1] ?? sent;
  if (key.length > 0 && key.length <= MAX_KEY) return key;
  throw badRequest('INVALID_IDEMPOTENCY_KEY', `Idempotency-Key has 1 to ${MAX_KEY} characters.`);
}
