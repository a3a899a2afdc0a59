import type { Exchange, Peer, Principal } from '@toolyard/core';
import type {
  ClientDescription,
  Era,
  JsonRpcResponse,
  LogLevel,
  Revision,
  ServerNotification,
} from '@toolyard/core/protocol';

import type { Accepts } from './accept.ts';
import { answerJson, isOneBody } from './answer.ts';
import type { Beating } from './heartbeat.ts';
import type { HttpHeaders, Incoming, Reply, Sink } from './message.ts';
import { KEEP_ALIVE, SSE_HEADERS, sseEvent } from './sse.ts';

/** What a slow reader may leave untaken before its stream is cut. */
const MAX_BUFFERED_BYTES = 16 * 1_048_576;

/** What is known of a request before it is dispatched. */
export interface StatelessContext {
  readonly era: Era;
  readonly principal: Principal;
  readonly tenant: string | undefined;
  readonly protocolVersion: Revision | undefined;
  readonly client: ClientDescription | undefined;
  readonly logLevel: LogLevel | undefined;
}

/** The way a message came and its answer goes. */
interface Connection {
  readonly incoming: Incoming;
  readonly reply: Reply;
  readonly accepts: Accepts;
  readonly headers: HttpHeaders;
}

/** A request that is answered on its own connection: JSON, or a stream once there is something to say before. */
export class StatelessExchange implements Exchange, Beating {
  readonly transport = 'http';
  readonly listening: boolean;
  readonly era: Era;
  readonly principal: Principal;
  readonly tenant: string | undefined;
  readonly protocolVersion: Revision | undefined;
  readonly client: ClientDescription | undefined;
  readonly logLevel: LogLevel | undefined;
  readonly #incoming: Incoming;
  readonly #reply: Reply;
  readonly #accepts: Accepts;
  readonly #headers: HttpHeaders;
  #sink: Sink | undefined = undefined;
  #beats = 0;

  constructor(context: StatelessContext, method: string, { incoming, reply, accepts, headers }: Connection) {
    this.listening = method === 'subscriptions/listen';
    this.era = context.era;
    this.principal = context.principal;
    this.tenant = context.tenant;
    this.protocolVersion = context.protocolVersion;
    this.client = context.client;
    this.logLevel = context.logLevel;
    this.#incoming = incoming;
    this.#reply = reply;
    this.#accepts = accepts;
    this.#headers = headers;
  }

  get signal(): AbortSignal {
    return this.#reply.signal;
  }

  get peer(): Peer | undefined {
    return this.#incoming.peer;
  }

  header = (name: string): string | undefined => this.#incoming.header(name);

  notify(notification: ServerNotification): void {
    if (this.#accepts.stream) this.#write({ jsonrpc: '2.0', ...notification });
  }

  beat(): void {
    this.#beats += 1;
    if (this.#sink) this.#sink.write(KEEP_ALIVE);
    // A request that has been quiet for a whole beat gets its headers, so that proxies see it is alive.
    else if (this.#beats > 1 && this.#accepts.stream) this.#stream().write(KEEP_ALIVE);
  }

  abort(reason: unknown): void {
    this.#reply.abort(reason);
  }

  finish(response: JsonRpcResponse | undefined): void {
    if (!this.#sink && isOneBody(response, this.#accepts, this.era)) {
      answerJson(this.#reply, response, this.era, this.#headers);
      return;
    }
    if (response) this.#write(response);
    this.#sink?.end();
  }

  #write(message: unknown): void {
    const sink = this.#stream();
    if (sink.buffered > MAX_BUFFERED_BYTES) sink.end();
    else sink.write(sseEvent(message));
  }

  #stream(): Sink {
    return (this.#sink ??= this.#reply.open(200, { ...SSE_HEADERS, ...this.#headers }));
  }
}
