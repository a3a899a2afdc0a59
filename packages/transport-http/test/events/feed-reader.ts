import { onTestFinished } from 'vitest';

/** One event that a reader would be told of. */
interface ReadEvent {
  readonly id: string | undefined;
  readonly type: string;
  readonly data: any;
}

/** Reads a feed as a browser's EventSource does, apart from coming back. */
class FeedReader {
  readonly response: Response;
  lastId = '';
  retry: string | undefined = undefined;
  readonly #abort: () => void;
  readonly #events: ReadEvent[] = [];
  readonly #waiting: ((event: ReadEvent | undefined) => void)[] = [];
  #ended = false;

  constructor(response: Response, abort: () => void, paused: boolean) {
    this.response = response;
    this.#abort = abort;
    if (!paused) void this.#pump();
  }

  /** The next event; `undefined` at the end. */
  next(): Promise<ReadEvent | undefined> {
    const event = this.#events.shift();
    if (event || this.#ended) return Promise.resolve(event);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#abort();
  }

  async #pump(): Promise<void> {
    let text = '';
    try {
      for await (const chunk of this.response.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const blocks = text.split('\n\n');
        text = blocks.pop()!;
        for (const block of blocks) this.#take(block);
      }
    } catch {
      // Cut off: for a reader the same as the end.
    }
    this.#ended = true;
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }

  #take(block: string): void {
    const fields = new Map(
      block.split('\n').map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 2)] as const;
      }),
    );
    const id = fields.get('id');
    if (id !== undefined) this.lastId = id;
    this.retry = fields.get('retry') ?? this.retry;
    const data = fields.get('data');
    if (data === undefined) return;
    const event = { id, type: fields.get('event') ?? 'message', data: JSON.parse(data) as unknown };
    const resolve = this.#waiting.shift();
    if (resolve) resolve(event);
    else this.#events.push(event);
  }
}

/**
 * Opens a feed; it is closed when the test ends.
 *
 * @param options - `paused`: takes nothing of the body.
 */
export async function readFeed(
  url: string,
  headers: Record<string, string> = {},
  { paused = false }: { paused?: boolean } = {},
): Promise<FeedReader> {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const response = await fetch(url, {
    headers: { accept: 'text/event-stream', ...headers },
    signal: controller.signal,
  });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return new FeedReader(response, () => controller.abort(), paused);
}

/** Reads an answer that is there already. */
readFeed.of = (response: Response): FeedReader => new FeedReader(response, () => {}, false);

/** Status and JSON of an answer. */
export async function read(response: Response | Promise<Response>): Promise<[number, any]> {
  const answer = await response;
  return [answer.status, await answer.json()];
}
