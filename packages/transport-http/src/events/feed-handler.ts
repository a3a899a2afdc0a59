import { InvalidOptionError, type Clock, type Logger } from '@toolyard/core';

import type { BesideHandler } from '../beside/beside.ts';
import { Front, type Visit } from '../beside/front.ts';
import { besideHandler } from '../beside/handler.ts';
import { problem, sendProblem } from '../beside/problem.ts';
import { readAccept } from '../endpoint/accept.ts';
import type { HttpHeaders } from '../endpoint/message.ts';
import { SSE_HEADERS } from '../endpoint/sse.ts';
import type { FeedServingOptions } from './event-feed.ts';
import type { FeedLog } from './feed-log.ts';
import { FeedStream } from './feed-stream.ts';
import type { FeedReaders } from './feed-readers.ts';

/** What a feed is made of. */
export interface FeedParts {
  readonly log: FeedLog;
  readonly readers: FeedReaders;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** @throws {InvalidOptionError} `INVALID_OPTION` */
export function createFeedHandler(parts: FeedParts, options: FeedServingOptions): BesideHandler {
  const { path = '/events', retryMs = 2000 } = options;
  if (!/^\/[^\s?#*]+$/.test(path)) throw new InvalidOptionError('path', 'must start with "/"');
  if (!(Number.isSafeInteger(retryMs) && retryMs > 0))
    throw new InvalidOptionError('retryMs', 'must be a whole number above 0');
  const { clock, logger } = parts;
  const front = new Front({ clock, logger, methods: 'GET, OPTIONS' }, options);
  return besideHandler(front, [path], (visit) => serveReader(parts, front, visit, retryMs));
}

function serveReader(parts: FeedParts, front: Front, visit: Visit, retryMs: number): void {
  const { incoming, principal, tenant } = visit;
  if (incoming.method !== 'GET')
    return refuse(visit, 405, 'METHOD_NOT_ALLOWED', 'A feed is read with GET.', { allow: 'GET, OPTIONS' });
  if (!readAccept(incoming.header('accept')).stream)
    return refuse(visit, 406, 'NOT_ACCEPTABLE', 'This answers with text/event-stream; accept it.');
  const query = queryOf(incoming.request.url);
  const types = typesOf(query);
  if (types === 'invalid') {
    const detail = `"types" is a list of up to ${MAX_TYPES} types of events, with commas between.`;
    return refuse(visit, 400, 'INVALID_TYPES', detail);
  }
  if (!parts.readers.hasRoomFor({ principal, tenant })) {
    const detail = 'Too many readers are connected; try again later.';
    return refuse(visit, 503, 'TOO_MANY_READERS', detail, { 'retry-after': '30' });
  }
  // Browsers send the header when they come back; the query is for clients that can only choose a URL.
  const lastEventId = incoming.header('last-event-id') || query.get('lastEventId') || undefined;
  const sink = visit.reply.open(200, { ...SSE_HEADERS, ...visit.headers });
  const stream = new FeedStream(parts, { principal, tenant, sink, types });
  front.open.add(stream);
  stream.begin(lastEventId, retryMs, () => front.open.delete(stream));
}

function refuse(visit: Visit, status: number, code: string, detail: string, headers: HttpHeaders = {}): void {
  sendProblem(visit.reply, problem(status, code, detail), { ...visit.headers, ...headers });
}

const MAX_TYPES = 32;
const MAX_QUERY = 4096;

function queryOf(url: string): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start, start + MAX_QUERY));
}

function typesOf(query: URLSearchParams): ReadonlySet<string> | undefined | 'invalid' {
  const asked = query.get('types');
  if (asked === null || asked === '') return undefined;
  const types = new Set(asked.split(','));
  const isValid = types.size <= MAX_TYPES && [...types].every((type) => /^[\w.-]{1,64}$/.test(type));
  return isValid ? types : 'invalid';
}
