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
  readonly path: string;
  /** A web-standard request does not tell. */
  readonly peer = undefined;
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
    this.method = request.method;
    this.path = new URL(request.url).pathname;
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

  async readBody(maxBytes: number): Promise<string> {
    if (Number(this.#request.headers.get('content-length')) > maxBytes) throw tooLarge(maxBytes);
    const reader = this.#request.body?.getReader();
    if (!reader) return '';
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
  readonly #controller = new AbortController();
  #resolve!: (response: Response) => void;
  #answered = false;
  #gone = false;
  #onGone: (() => void) | undefined;
  #onSent: (() => void) | undefined;

  constructor(request: Request) {
    this.response = new Promise((resolve) => (this.#resolve = resolve));
    if (request.signal.aborted) this.#leave();
    else request.signal.addEventListener('abort', () => this.#leave(), { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  onSent(listener: () => void): void {
    this.#onSent = listener;
  }

  send(status: number, headers: HttpHeaders, body = ''): void {
    this.#answer(new Response(body === '' ? null : body, { status, headers }));
    this.#sent();
  }

  open(status: number, headers: HttpHeaders): Sink {
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
    this.#onGone = close;
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
      get buffered() {
        return -(stream?.desiredSize ?? 0);
      },
      onClose: (listener) => void (closed ? listener() : closeListeners.push(listener)),
    };
  }

  /** The client has gone. */
  #leave(): void {
    this.#gone = true;
    this.#onGone?.();
    this.#controller.abort();
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
