import { eraOf, isRecord, isRequestId, type JsonObject } from '@toolyard/core/protocol';

import { isQuestion, UNFINISHED, type Outcome } from '../outcome.ts';
import type { Conversation, Step } from '../traffic.ts';
import { messagesIn, type Recorded } from './record.ts';
import { problemsOfMessage } from './valid-message.ts';

/** What no answer may give away: secrets of the fixtures, stacks, places in the sources. */
const LEAK = /hunter2|node_modules|\n\s+at |\\n\s+at |\/packages\/|\.ts:\d+|TypeError|RangeError/;

/** What a step and its answer break of what holds for every server, whatever it is asked. */
export function brokenBy(
  conversation: Conversation,
  index: number,
  outcome: Outcome,
  answer: Recorded | undefined,
): string[] {
  const step = conversation.steps[index]!;
  // Nobody waits for a stream that was opened in passing.
  if (!answer) return step.atOnce && step.method !== 'POST' ? [] : ['no answer'];
  const { status, text } = answer;
  return [
    ...(status >= 500 ? [`the status ${status}`] : []),
    ...(LEAK.test(text) ? [`a leak: ${LEAK.exec(text)![0]} in ${text.slice(0, 300)}`] : []),
    ...hanging(step, outcome),
    ...framing(answer),
    ...(step.method === 'POST' ? answering(conversation, step, answer) : []),
  ];
}

function hanging({ open }: Step, { body, messages }: Outcome): string[] {
  return body === UNFINISHED && !open && !isQuestion(messages.at(-1)) ? ['an answer without an end'] : [];
}

/** Whether the headers say what the body is. */
function framing(answer: Recorded): string[] {
  const { headers, bytes, ended, text, status } = answer;
  const type = headers.get('content-type');
  const length = headers.get('content-length');
  if (length !== null && ended && Number(length) !== bytes && text !== '')
    return [`Content-Length ${length} for ${bytes} bytes`];
  if (text === '') return [];
  if (status === 202 || status === 204) return [`a body with ${status}`];
  if (type !== 'application/json' && type !== 'text/event-stream') return [`the type ${type}`];
  try {
    messagesIn(answer);
    return [];
  } catch (error) {
    return [`${type} that cannot be read: ${String(error)}`];
  }
}

/** Whether a request was answered once, under its id, with a valid message; and refusals with one error. */
function answering({ steps }: Conversation, step: Step, answer: Recorded): string[] {
  const { status, ended } = answer;
  const messages = messagesIn(answer);
  const message = step.encoding === undefined ? messageOf(step) : undefined;
  const asked = { method: message?.['method'], isModern: isModern(step, messageOf(step)) };
  const invalid = messages.flatMap((each) => problemsOfMessage(each, asked));
  const responses = messages.filter((each): each is JsonObject => isRecord(each) && !('method' in each));
  // Node itself refuses a request without Host.
  if (status === 400 && !('host' in step.headers) && messages.length === 0) return [];
  if (status >= 400) {
    return responses.length === 1 && 'error' in responses[0]!
      ? [...invalid, ...foreign(responses, message)]
      : [...invalid, `a refusal with ${responses.length} responses`];
  }
  if (typeof message?.['method'] !== 'string' || !isRequestId(message['id'])) return invalid;
  const mayStop = steps.some(({ method, body = '' }) => method === 'DELETE' || body.includes('/cancelled'));
  const isLeft =
    step.open || !ended || messages.some(isQuestion) || textOf(step).includes('test_reconnection');
  const isAnswered = responses.length === 1 || (responses.length === 0 && (mayStop || isLeft));
  return [
    ...invalid,
    ...foreign(responses, message),
    ...(isAnswered ? [] : [`${responses.length} responses to one request`]),
  ];
}

function foreign(responses: readonly JsonObject[], message: JsonObject | undefined): string[] {
  if (!message || !isRequestId(message['id']) || message['id'] === '{asked}') return [];
  return responses
    .map(({ id }) => id)
    .filter((id) => id !== null && id !== message['id'])
    .map((id) => `an answer under the id ${JSON.stringify(id)}`);
}

function isModern({ headers }: Step, message: JsonObject | undefined): boolean {
  if (message?.['method'] === 'initialize') return false;
  return (
    headers['mcp-protocol-version']?.trim() === '2026-07-28' ||
    (message !== undefined && eraOf(message) === 'modern')
  );
}

/** The message of a step, where it is one and nothing else. */
function messageOf(step: Step): JsonObject | undefined {
  try {
    const json: unknown = JSON.parse(textOf(step).replace(/^\uFEFF/, ''));
    return isRecord(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function textOf({ body = '' }: Step): string {
  return body;
}
