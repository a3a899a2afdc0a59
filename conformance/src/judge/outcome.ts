import { isRecord } from '@toolyard/core/protocol';

/** What came back for one step, as far as clients and proxies act on it. */
export interface Outcome {
  status: number;
  /** What the body is, by its Content-Type: `json`, `stream`, another type, or `none`. */
  body: string;
  /** Whether the header `Mcp-Session-Id` names a session. */
  session: boolean;
  /** Whether `WWW-Authenticate` says how to authenticate. */
  challenge: boolean;
  /** The methods of `Allow`, in order. */
  allow: string | undefined;
  retryAfter: boolean;
  /** The messages of the body, in order, with what the server made up replaced by placeholders. */
  messages: unknown[];
}

/** The `body` of an answer that does not come to an end. */
export const UNFINISHED = 'unfinished';

/** Stands for an answer that has not begun. */
export function noOutcome(): Outcome {
  return {
    status: 0,
    body: UNFINISHED,
    session: false,
    challenge: false,
    allow: undefined,
    retryAfter: false,
    messages: [],
  };
}

/** Whether a message of a server asks the client something. */
export function isQuestion(message: unknown): boolean {
  return isRecord(message) && 'method' in message && 'id' in message;
}

/** The parts of a response that are known before its body. */
export function outcomeOf({ status, headers }: Response): Outcome {
  return {
    status,
    body: bodyType(headers.get('content-type')),
    session: headers.has('mcp-session-id'),
    challenge: headers.has('www-authenticate'),
    allow: headers
      .get('allow')
      ?.split(',')
      .map((method) => method.trim())
      .toSorted()
      .join(', '),
    retryAfter: headers.has('retry-after'),
    messages: [],
  };
}

function bodyType(contentType: string | null): string {
  const type = contentType?.split(';', 1)[0]!.trim();
  if (type === undefined) return 'none';
  return { 'application/json': 'json', 'text/event-stream': 'stream' }[type] ?? type;
}

/** One event of a stream. */
export interface StreamEvent {
  readonly id: string | undefined;
  readonly message: unknown;
}

/**
 * Reads a stream until its end, or until the signal hangs up.
 *
 * @yields each event that has an id or a message; comments have neither.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent> {
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream(), { signal })) {
    text += chunk;
    const events = text.split('\n\n');
    text = events.pop()!;
    for (const event of events) {
      const id = fieldOf(event, 'id');
      const data = fieldOf(event, 'data') || undefined;
      if (id !== undefined || data !== undefined) {
        yield { id, message: data === undefined ? undefined : (JSON.parse(data) as unknown) };
      }
    }
  }
}

/** A field of an event. Lines end with a line feed alone: U+2028 and its like may be part of a text. */
function fieldOf(event: string, name: string): string | undefined {
  const line = event.split('\n').find((each) => each.startsWith(`${name}:`));
  return line?.slice(name.length + 1).replace(/^ /, '');
}

/** A message without what no two servers share: ids of their own requests, states, cursors, incident numbers. */
export function withoutInventions(message: unknown): unknown {
  if (!isRecord(message) || !('method' in message)) return replace(message);
  const { params } = message;
  const isCancellation = message['method'] === 'notifications/cancelled' && isRecord(params);
  return replace({
    ...message,
    ...('id' in message && { id: '{asked}' }),
    ...(isCancellation && { params: { ...params, requestId: '{asked}' } }),
  });
}

const INVENTED = new Set(['requestState', 'nextCursor', 'elicitationId', 'incident']);

function replace(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(replace);
  if (typeof value === 'string') return value.replace(/Incident: [\w-]+/, 'Incident: {incident}');
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      INVENTED.has(key) && typeof inner === 'string' ? `{${key}}` : replace(inner),
    ]),
  );
}
