import { setTimeout as delay } from 'node:timers/promises';

import { isRecord } from '@toolyard/core/protocol';

import {
  isQuestion,
  noOutcome,
  outcomeOf,
  readEvents,
  UNFINISHED,
  withoutInventions,
  type Outcome,
} from './outcome.ts';
import type { Conversation, Step } from './traffic.ts';
import { encode } from './wire.ts';

/** How long answers may take. */
export interface Patience {
  /** One that takes longer never comes. Default 3000. */
  readonly patienceMs?: number;
  /** The same once a question was asked and the last request has gone out. Default that of all. */
  readonly unansweredMs?: number;
}

/** A server, as a conversation sees it. */
export type Fetch = (request: Request) => Promise<Response>;

/** An answer that takes longer is one that never comes. */
const PATIENCE_MS = 3000;

/** How long a question may take that a client is to answer. */
const QUESTION_MS = 250;

/** How long streams that stay open are read after the last request was answered. */
const SETTLE_MS = 25;
/** What a resumed stream may take to say what its client has missed. */
const RESUME_MS = 500;

/**
 * Sends the requests of a conversation to a server, each once the one before was answered, or has left the client
 * with a question or a stream that stays open.
 */
export async function play(
  { steps }: Conversation,
  fetch: Fetch,
  { patienceMs = PATIENCE_MS, unansweredMs = patienceMs }: Patience = {},
): Promise<Outcome[]> {
  const memory: Memory = {};
  const hangUp = new AbortController();
  const played: Played[] = [];
  for (const step of steps) {
    if (step.body?.includes('"{asked}"')) await question(memory);
    const one = playStep(fill(step, memory), fetch, memory, hangUp.signal);
    played.push(one);
    if (!step.atOnce) await inTime(one.goOn, patienceMs);
  }
  const finite = played.filter(({ open }) => !open);
  const isAsking = ({ outcome }: Played) => isQuestion(outcome.current.messages.at(-1));
  await inTime(Promise.all(finite.filter((one) => !isAsking(one)).map(({ ended }) => ended)), patienceMs);
  await inTime(Promise.all(finite.map(({ ended }) => ended)), unansweredMs);
  for (const { open, outcome } of played) if (!open && !outcome.hasEnded) outcome.current.body = UNFINISHED;
  if (played.some(({ open }) => open)) await delay(SETTLE_MS);
  const outcomes = played.map(({ outcome }) => structuredClone(outcome.current));
  hangUp.abort();
  await Promise.all(played.map(({ ended }) => ended));
  return outcomes;
}

/** What the server has made up so far. */
interface Memory {
  session?: string | undefined;
  state?: string | undefined;
  asked?: unknown;
  cursor?: string | undefined;
  event?: string | undefined;
}

interface Played {
  readonly outcome: { current: Outcome; hasEnded: boolean };
  /** Resolves when the next request may go out. */
  readonly goOn: Promise<unknown>;
  readonly ended: Promise<void>;
  readonly open: boolean;
}

function playStep(step: Step, fetch: Fetch, memory: Memory, signal: AbortSignal): Played {
  const outcome = { current: noOutcome(), hasEnded: false };
  const { method, headers, body, encoding, open = false } = step;
  const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
  const ended = exchange().then(
    () => void (outcome.hasEnded = true),
    (error: unknown) => {
      if (!signal.aborted) throw error;
    },
  );
  return { outcome, goOn: Promise.race([mayGoOn, ended]), ended, open };

  async function exchange(): Promise<void> {
    const sent = body !== undefined && { body: encode(body, encoding), duplex: 'half' as const };
    const init = { method, headers: { ...headers }, signal, ...sent };
    const response = await fetch(new Request('http://localhost/mcp', init));
    outcome.current = outcomeOf(response);
    memory.session ??= response.headers.get('mcp-session-id') ?? undefined;
    const { messages } = outcome.current;
    if (!response.body || outcome.current.body !== 'stream') {
      const text = await response.text();
      messages.push(...parse(text).map((message) => take(message, memory)));
      return;
    }
    // A standing stream need not say anything; all others do. One that is resumed may have something to catch up with.
    const isResumed = 'last-event-id' in headers;
    if (method === 'GET') void delay(isResumed ? RESUME_MS : 0).then(goOn);
    let first = true;
    for await (const { id, message } of readEvents(response.body, signal)) {
      if (first && id !== undefined) memory.event = id;
      first = false;
      if (message === undefined) continue;
      messages.push(take(message, memory));
      if (open || isResumed || isQuestion(message)) goOn();
    }
  }
}

/** Remembers what the server made up in a message, and gives the message without it. */
function take(message: unknown, memory: Memory): unknown {
  if (isRecord(message)) {
    if (isQuestion(message)) memory.asked = message['id'];
    const { result } = message;
    if (isRecord(result) && typeof result['requestState'] === 'string') memory.state = result['requestState'];
    if (isRecord(result) && typeof result['nextCursor'] === 'string') memory.cursor = result['nextCursor'];
  }
  return withoutInventions(message);
}

function parse(text: string): unknown[] {
  if (text === '') return [];
  try {
    const json: unknown = JSON.parse(text);
    return Array.isArray(json) ? json : [json];
  } catch {
    return [text];
  }
}

function fill(step: Step, memory: Memory): Step {
  const { asked = 'none' } = memory;
  if (step.body?.includes('"{asked}"')) memory.asked = undefined;
  return {
    ...step,
    headers: Object.fromEntries(
      Object.entries(step.headers).map(([name, value]) => [
        name,
        value.replace('{session}', memory.session ?? 'none').replace('{event}', memory.event ?? 'none'),
      ]),
    ),
    body: step.body
      ?.replaceAll('"{state}"', JSON.stringify(memory.state ?? 'none'))
      .replaceAll('"{cursor}"', JSON.stringify(memory.cursor ?? 'none'))
      .replaceAll('"{asked}"', JSON.stringify(asked)),
  };
}

/** Waits until the server has asked something that was not answered yet. */
async function question(memory: Memory): Promise<void> {
  for (let waitedMs = 0; memory.asked === undefined && waitedMs < QUESTION_MS; waitedMs += 1) await delay(1);
}

async function inTime(promise: Promise<unknown>, patienceMs: number): Promise<void> {
  const patience = new AbortController();
  const late = delay(patienceMs, undefined, { signal: patience.signal }).catch(() => {});
  await Promise.race([promise, late]);
  patience.abort();
}
