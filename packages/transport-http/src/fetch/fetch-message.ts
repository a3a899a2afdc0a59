import {
  BodyError,
  type AuthRequest,
  type HttpHeaders,
  type Incoming,
  type Reply,
  type Sink,
} from '../endpoint/message.ts';

/** A web-standard request. */
export class FetchIncoming implements Incoming {
  readonly method: string;
  /** A web-standard request does not tell. */
  readonly peer = undefined;
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
    this.method = request.method;
  }

  get path(): string {
    return new URL(this.#request.url).pathname;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers.get(name);
    // Requests made in process have no Host header; their URL says the same.
    if (value === null && name === 'host') return new URL(this.#request.url).host;
    return value ?? undefined;
  }

  get request(): AuthRequest {
    const { pathname, search } = new URL(this.#request.url);
    return {
      method: this.method,
      url: pathname + search,
      header: (name) => this.header(name),
      original: this.#request,
    };
  }

  readBody(maxBytes: number): Promise<string> {
    const length = Number(this.#request.headers.get('content-length') ?? NaN);
    if (length > maxBytes) return Promise.reject(tooLarge(maxBytes));
    // Servers hold clients to the length they announce, and have quicker ways to such a body than its stream.
    return Number.isInteger(length) ? this.#readText(maxBytes) : this.#readStream(maxBytes);
  }

  async #readText(maxBytes: number): Promise<string> {
    let text: string;
    try {
      text = await this.#request.text();
    } catch {
      throw new BodyError(400, 'The body could not be read.');
    }
    if (text.length > maxBytes) throw tooLarge(maxBytes);
    return text;
  }

  async #readStream(maxBytes: number): Promise<string> {
    const { body } = this.#request;
    if (!body) return '';
    if (body.locked) throw new BodyError(400, 'The body could not be read.');
    const reader = body.getReader();
    const decoder = new TextDecoder();
    let text = '';
    let size = 0;
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        size += part.value.byteLength;
        if (size > maxBytes) throw tooLarge(maxBytes);
        text += decoder.decode(part.value, { stream: true });
      }
    } catch (error) {
      if (!(error instanceof BodyError)) throw new BodyError(400, 'The body could not be read.');
      // Not awaited: a sender may take its time over it, or never be done.
      reader.cancel().catch(() => {});
      throw error;
    }
    return text + decoder.decode();
  }
}

function tooLarge(maxBytes: number): BodyError {
  return new BodyError(413, `The body is larger than ${maxBytes} bytes.`);
}

/** The answer to a web-standard request: {@link FetchReply.response} resolves once it is known. */
export class FetchReply implements Reply {
  readonly response: Promise<Response>;
  #resolve!: (response: Response) => void;
  #answered = false;
  #gone = false;
  #closeStream: (() => void) | undefined = undefined;
  #onGone: (() => void) | undefined = undefined;
  #onSent: (() => void) | undefined = undefined;

  constructor({ signal }: Request) {
    this.response = new Promise((resolve) => (this.#resolve = resolve));
    if (signal.aborted) this.#gone = true;
    else signal.addEventListener('abort', () => this.#leave(), { once: true });
  }

  onGone(listener: () => void): void {
    const before = this.#onGone;
    // The messages of a batch share one reply.
    this.#onGone = before ? () => (before(), listener()) : listener;
    if (this.#gone) listener();
  }

  onSent(listener: () => void): void {
    this.#onSent = listener;
  }

  send(status: number, headers: HttpHeaders, body?: string | Uint8Array<ArrayBuffer>): void {
    const own = body === undefined ? headers : { 'content-type': 'application/json', ...headers };
    this.#answer(new Response(body ?? null, { status, headers: own }));
    this.#sent();
  }

  open(status: number, headers: HttpHeaders): Sink & { cut(): void } {
    const closeListeners: (() => void)[] = [];
    const encoder = new TextEncoder();
    let stream: ReadableStreamDefaultController<Uint8Array> | undefined;
    let closed = false;
    const close = () => {
      if (closed) return;
      closed = true;
      for (const listener of closeListeners) listener();
      this.#sent();
    };
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (stream = controller),
        cancel: () => this.#leave(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: 0 }),
    );
    this.#closeStream = close;
    if (this.#gone) close();
    this.#answer(new Response(body, { status, headers }));
    return {
      write: (chunk) => {
        if (!closed) stream?.enqueue(encoder.encode(chunk));
      },
      end: () => {
        if (closed) return;
        stream?.close();
        close();
      },
      /** Ends it at once, without what the client has not taken. */
      cut: () => {
        if (closed) return;
        stream?.error(new Error('The reader was cut off.'));
        close();
      },
      get buffered() {
        return -(stream?.desiredSize ?? 0);
      },
      onClose: (listener) => void (closed ? listener() : closeListeners.push(listener)),
    };
  }

  /** The client has gone. */
  #leave(): void {
    this.#gone = true;
    this.#closeStream?.();
    this.#onGone?.();
  }

  #sent(): void {
    this.#onSent?.();
    this.#onSent = undefined;
  }

  #answer(response: Response): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#resolve(response);
  }
}
