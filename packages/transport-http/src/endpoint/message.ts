import type { Peer } from '@toolyard/core';

/** One HTTP request, whatever server it came through. */
export interface Incoming {
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  /** The value of a header by its lower-case name. */
  header(name: string): string | undefined;
  /** @throws {BodyError} when it is too large or cannot be read. */
  readBody(maxBytes: number): Promise<string>;
  /** What an `auth` function gets. Made when asked for. */
  readonly request: AuthRequest;
  /** The other end of the connection, where the server knows it. Made when asked for. */
  readonly peer: Peer | undefined;
}

/** The answer to one HTTP request. Either `send` or `open` is called, once. */
export interface Reply {
  /** Runs `listener` when the client is gone before the answer is complete: at once, if it is gone already. */
  onGone(listener: () => void): void;
  /** Runs `listener` when the answer has left or its client is gone. */
  onSent(listener: () => void): void;
  /** Sends a body, if there is one, that is JSON unless the headers have another `content-type`. */
  send(status: number, headers: HttpHeaders, body?: string): void;
  open(status: number, headers: HttpHeaders): Sink;
}

/** An open response body. Writing after the end does nothing. */
export interface Sink {
  write(chunk: string): void;
  end(): void;
  /** Bytes that the client has not taken yet. */
  readonly buffered: number;
  /** Runs when the client is gone or the body has ended. */
  onClose(listener: () => void): void;
}

/** Header names, in lower case, to values. */
export type HttpHeaders = Readonly<Record<string, string>>;

/** What an `auth` function sees of a request. */
export interface AuthRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  header(name: string): string | undefined;
  /** The framework's own request object, if there is one, for what its middleware put there. */
  readonly original: unknown;
}

/** A body that cannot be taken, with the status to answer. */
export class BodyError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
