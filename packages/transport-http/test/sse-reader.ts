/** One block of an event stream: an event, or a comment. */
interface StreamEvent {
  readonly id: string | undefined;
  readonly retry: string | undefined;
  readonly data: string | undefined;
  readonly comment: string | undefined;
}

/** Reads the events of an HTTP answer one by one. */
export interface EventReader {
  readonly response: Response;
  /** The next block; `undefined` at the end of the stream. */
  next(): Promise<StreamEvent | undefined>;
  /** The next JSON-RPC message; comments and empty events are passed over. */
  message(): Promise<any>;
  /** All messages until the stream ends. */
  rest(): Promise<any[]>;
  /** The id of the last event that had one. */
  readonly lastId: string;
  /** Hangs up. */
  close(): void;
}

export function readEvents(response: Response, abort: () => void = () => {}): EventReader {
  const type = response.headers.get('content-type');
  if (type !== 'text/event-stream') throw new Error(`Not a stream but ${response.status} ${type}`);
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let lastId = '';

  const next = async (): Promise<StreamEvent | undefined> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const event = parse(text.slice(0, end));
        text = text.slice(end + 2);
        if (event.id !== undefined) lastId = event.id;
        return event;
      }
      const { done, value } = await reader.read();
      if (done) return undefined;
      text += decoder.decode(value, { stream: true });
    }
  };
  const message = async () => {
    for (let event = await next(); event; event = await next()) {
      if (event.data) return JSON.parse(event.data) as unknown;
    }
    return undefined;
  };
  return {
    response,
    next,
    message,
    async rest() {
      const messages: unknown[] = [];
      for (let each = await message(); each !== undefined; each = await message()) messages.push(each);
      return messages;
    },
    get lastId() {
      return lastId;
    },
    close() {
      void reader.cancel().catch(() => {});
      abort();
    },
  };
}

function parse(block: string): StreamEvent {
  const field = (name: string) =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .replace(/^ /, '');
  return { id: field('id'), retry: field('retry'), data: field('data'), comment: field('') };
}
