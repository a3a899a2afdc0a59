import {
  CancelledError,
  MissingCapabilityError,
  type Exchange,
  type OpenCall,
  type Peer,
  type Principal,
} from '@toolyard/core';
import type {
  JsonRpcErrorResponse,
  JsonRpcResponse,
  RequestId,
  ServerNotification,
  ServerRequest,
} from '@toolyard/core/protocol';

import type { Channel } from '../sessions/channel.ts';
import type { HttpSession } from '../sessions/session.ts';
import { answerJson, isOneBody } from './answer.ts';
import type { Arrival } from './arrival.ts';
import type { HttpHeaders } from './message.ts';
import type { OpenExchange } from './open-exchanges.ts';
import { KEEP_ALIVE } from './sse.ts';

/**
 * A request inside a session. It is answered with JSON, or over a channel once there is something to say before; a
 * client that loses such a channel can come back to it, so losing it does not end the call at once.
 */
export class SessionExchange implements Exchange, OpenExchange {
  readonly listening = false;
  readonly transport = 'http';
  readonly era = 'legacy';
  readonly session: HttpSession;
  readonly #arrival: Arrival;
  readonly #headers: HttpHeaders;
  readonly #requestId: RequestId | undefined;
  #call: OpenCall | undefined = undefined;
  #channel: Channel | undefined = undefined;
  #beats = 0;

  /**
   * @param headers - of the answer.
   * @param requestId - of the request; notifications have none.
   */
  constructor(session: HttpSession, arrival: Arrival, headers: HttpHeaders, requestId?: RequestId) {
    this.#requestId = requestId;
    this.session = session;
    this.#arrival = arrival;
    this.#headers = headers;
  }

  get scope(): string {
    return this.session.id;
  }

  /** Of this request, not of the session: the same user may come back with a token that allows less. */
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
    this.#arrival.reply.onGone(() => {
      if (!this.#channel) this.#abandon();
    });
  }

  notify(notification: ServerNotification): void {
    if (this.#arrival.accepts.stream) this.#open().send({ jsonrpc: '2.0', ...notification });
  }

  request(request: ServerRequest, signal: AbortSignal): Promise<Record<string, unknown>> {
    if (!this.#arrival.accepts.stream)
      return Promise.reject(new MissingCapabilityError({ 'text/event-stream': {} }));
    return this.session.ask(this.#open(), request, signal);
  }

  detach(): void {
    if (!this.#arrival.accepts.stream || (this.session.record?.protocolVersion ?? '') < '2025-11-25') return;
    this.#open().detach();
  }

  beat(): void {
    this.#beats += 1;
    if (this.#channel) this.#channel.keepAlive(KEEP_ALIVE);
    else if (this.#beats > 1 && this.#arrival.accepts.stream) this.#open().keepAlive(KEEP_ALIVE);
  }

  abort(reason: unknown): void {
    this.#call?.giveUp(reason);
  }

  finish(response: JsonRpcResponse | undefined): void {
    const { reply, accepts, resourceMetadata } = this.#arrival;
    if (!this.#channel && isOneBody(response, accepts, 'legacy')) {
      answerJson(reply, response, 'legacy', this.#headers, resourceMetadata);
      return;
    }
    const channel = this.#open();
    if (response) channel.send(response);
    // A channel without a connection stays for the client to come back to, until nobody waits for it any more.
    if (channel.connected) this.session.closeChannel(channel);
    else channel.finish();
  }

  /** {@link SessionExchange.finish} with an error and a status, which shows unless something was written before. */
  refuse(status: number, response: JsonRpcErrorResponse, headers: HttpHeaders): void {
    if (this.#channel) this.finish(response);
    else this.#arrival.reply.send(status, { ...this.#headers, ...headers }, JSON.stringify(response));
  }

  #abandon(): void {
    this.abort(new CancelledError('The client is gone.'));
  }

  #open(): Channel {
    if (!this.#channel) {
      const channel = this.session.openChannel({
        requestId: this.#requestId,
        onAbandoned: () => {
          this.#abandon();
          this.session.closeChannel(channel);
        },
      });
      channel.open(this.#arrival.reply, this.#headers);
      this.#channel = channel;
    }
    return this.#channel;
  }
}
