import { CancelledError, type Exchange, type OpenCall, type Peer, type Principal } from '@toolyard/core';
import type {
  ClientDescription,
  Envelope,
  Era,
  JsonRpcMessage,
  JsonRpcResponse,
  LogLevel,
  Revision,
  ServerNotification,
} from '@toolyard/core/protocol';

import { answerJson, isOneBody } from './answer.ts';
import type { Arrival } from './arrival.ts';
import type { OpenExchange } from './open-exchanges.ts';
import type { Sink } from './message.ts';
import { KEEP_ALIVE, SSE_HEADERS, sseEvent } from './sse.ts';

/** What a slow reader may leave untaken before its stream is cut. */
const MAX_BUFFERED_BYTES = 16 * 1_048_576;

/** A request that is answered on its own connection: JSON, or a stream once there is something to say before. */
export class StatelessExchange implements Exchange, OpenExchange {
  readonly transport = 'http';
  readonly era: Era;
  readonly listening: boolean;
  readonly protocolVersion: Revision | undefined;
  readonly client: ClientDescription | undefined;
  readonly logLevel: LogLevel | undefined;
  readonly #arrival: Arrival;
  #call: OpenCall | undefined = undefined;
  #sink: Sink | undefined = undefined;
  #beats = 0;

  constructor(era: Era, method: string, arrival: Arrival, envelope: Partial<Envelope>) {
    this.era = era;
    this.listening = method === 'subscriptions/listen';
    this.protocolVersion = envelope.protocolVersion;
    this.client = envelope.client;
    this.logLevel = envelope.logLevel;
    this.#arrival = arrival;
  }

  get principal(): Principal {
    return this.#arrival.principal;
  }

  get tenant(): string | undefined {
    return this.#arrival.tenant;
  }

  get peer(): Peer | undefined {
    return this.#arrival.incoming.peer;
  }

  header(name: string): string | undefined {
    return this.#arrival.incoming.header(name);
  }

  opened(call: OpenCall): void {
    this.#call = call;
    this.#arrival.reply.onGone(() => this.abort(new CancelledError('The client is gone.')));
  }

  notify(notification: ServerNotification): void {
    if (this.#arrival.accepts.stream) this.#write({ jsonrpc: '2.0', ...notification });
  }

  beat(): void {
    this.#beats += 1;
    if (this.#sink) this.#sink.write(KEEP_ALIVE);
    // A request that has been quiet for a whole beat gets its headers, so that proxies see it is alive.
    else if (this.#beats > 1 && this.#arrival.accepts.stream) this.#stream().write(KEEP_ALIVE);
  }

  abort(reason: unknown): void {
    this.#call?.giveUp(reason);
  }

  finish(response: JsonRpcResponse | undefined): void {
    const { reply, accepts, headers, resourceMetadata } = this.#arrival;
    if (!this.#sink && isOneBody(response, accepts, this.era)) {
      answerJson(reply, response, this.era, headers, resourceMetadata);
      return;
    }
    if (response) this.#write(response);
    this.#sink?.end();
  }

  #write(message: JsonRpcMessage): void {
    const sink = this.#stream();
    if (sink.buffered <= MAX_BUFFERED_BYTES) {
      sink.write(sseEvent(message));
      return;
    }
    sink.end();
    this.abort(new CancelledError('The client reads too slowly.'));
  }

  #stream(): Sink {
    const { reply, headers } = this.#arrival;
    return (this.#sink ??= reply.open(200, { ...SSE_HEADERS, ...headers }));
  }
}
