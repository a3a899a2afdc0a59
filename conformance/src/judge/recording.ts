import { isRecord } from '@toolyard/core/protocol';

import type { Conversation, Step } from './traffic.ts';

/** One request of a recording and what it was answered. */
export interface Exchange {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  /** The session its answer named. */
  sessionOpened: string | undefined;
  /** The body of its answer. */
  answer: string;
}

/** Headers that say something of the connection, or follow from the body. */
const NOISE = [
  'connection',
  'content-length',
  'accept-encoding',
  'accept-language',
  'sec-fetch-mode',
  'user-agent',
  'transfer-encoding',
];

/** Requests of one session become one conversation; those that carry a state follow the one that got it. */
export function toConversations(exchanges: readonly Exchange[]): Conversation[] {
  const groups = new Map<string, Exchange[]>();
  for (const exchange of exchanges) {
    const group = groups.get(groupOf(exchange, exchanges)) ?? [];
    groups.set(groupOf(exchange, exchanges), [...group, exchange]);
  }
  const conversations = [...groups.values()].map((group) => ({
    name: nameOf(group),
    steps: group.map(toStep),
  }));
  // The suite asks some things many times, with another id at most.
  const distinct = new Map(conversations.map((conversation) => [keyOf(conversation), conversation]));
  return [...distinct.values()];
}

function groupOf(exchange: Exchange, all: readonly Exchange[]): string {
  const session = exchange.sessionOpened ?? exchange.headers['mcp-session-id'];
  if (session !== undefined) return session;
  const earlier = cause(exchange, all);
  return earlier ? groupOf(earlier, all) : `request ${all.indexOf(exchange)}`;
}

/** The exchange without which this one says nothing: the one that gave its state, or the stream it should move. */
function cause({ body }: Exchange, all: readonly Exchange[]): Exchange | undefined {
  const state = stateIn(body);
  if (state !== undefined) return all.find(({ answer }) => answer.includes(state));
  if (!body.includes('"test_trigger_')) return undefined;
  const index = all.findIndex((exchange) => exchange.body === body);
  return all.slice(0, index).findLast((exchange) => exchange.body.includes('"subscriptions/listen"'));
}

function toStep({ method, headers, body, answer }: Exchange): Step {
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !NOISE.includes(name)));
  const opensStream = method === 'GET' || body.includes('"subscriptions/listen"');
  const state = stateIn(body);
  return {
    method,
    headers: {
      ...kept,
      host: headers['host']!.replace(/:\d+$/, ''),
      ...('mcp-session-id' in kept && { 'mcp-session-id': '{session}' }),
      ...('last-event-id' in kept && { 'last-event-id': '{event}' }),
    },
    ...(body !== '' && {
      body: withAsked(body).replaceAll(JSON.stringify(state), '"{state}"'),
    }),
    ...(opensStream && answer !== '' && !answer.includes('"error"') && { open: true }),
  };
}

/** An answer to a question of our server, with a placeholder for the id it made up; any other body as it is. */
function withAsked(body: string): string {
  const message = parse(body);
  const isAnswer = isRecord(message) && !('method' in message) && ('result' in message || 'error' in message);
  return isAnswer ? JSON.stringify({ ...message, id: '{asked}' }) : body;
}

/** The `requestState` a body carries, if our server made it. */
function stateIn(body: string): string | undefined {
  return /"requestState":"(eyJ[^"]+)"/.exec(body)?.[1];
}

function nameOf(group: readonly Exchange[]): string {
  const methods = group.map(({ method, body }) => {
    const message = parse(body);
    if (!isRecord(message)) return method;
    const { method: called = 'answer', params } = message;
    const target = isRecord(params) ? (params['name'] ?? params['uri']) : undefined;
    return typeof target === 'string' ? `${String(called)} ${target}` : String(called);
  });
  return methods.filter((method) => !['initialize', 'notifications/initialized'].includes(method)).join(', ');
}

function keyOf({ steps }: Conversation): string {
  return JSON.stringify(
    steps.map(({ method, headers, body }) => [method, headers, body?.replace(/"id":\d+/, '"id":0')]),
  );
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
