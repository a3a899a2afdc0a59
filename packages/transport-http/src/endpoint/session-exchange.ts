import {
  CancelledError,
  MissingCapabilityError,
  type Exchange,
  type Peer,
  type Principal,
} from '@toolyard/core';
import type {
  HeaderReader,
  JsonRpcResponse,
  ServerNotification,
  ServerRequest,
} from '@toolyard/core/protocol';

import type { Channel } from '../sessions/channel.ts';
import type { HttpSession } from '../sessions/session.ts';
import type { Accepts } from './accept.ts';
import { answerJson, isOneBody } from './answer.ts';
import type { Beating } from './heartbeat.ts';
import type { HttpHeaders, Incoming, Reply } from './message.ts';
import { KEEP_ALIVE } from './sse.ts';

/** The message, and the way its answer goes. */
interface SessionArrival {
  readonly incoming: Incoming;
  readonly reply: Reply;
  readonly principal: Principal;
  readonly tenant: string | undefined;
  readonly accepts: Accepts;
  readonly headers: HttpHeaders;
}

/**
 * A request inside a session. It is answered with JSON, or over a channel once there is something to say before; a
 * client that loses such a channel can come back to it, so losing it does not end the call at once.
 */
export class SessionExchange implements Exchange, Beating {
  readonly listening = false;
  readonly transport = 'http';
  readonly era = 'legacy';
  readonly session: HttpSession;
  readonly scope: string;
  readonly principal: Principal;
  readonly tenant: string | undefined;
  readonly header: HeaderReader;
  readonly #incoming: Incoming;
  readonly #reply: Reply;
  readonly #accepts: Accepts;
  readonly #headers: HttpHeaders;
  readonly #gone = new AbortController();
  #channel: Channel | undefined = undefined;
  #beats = 0;

  constructor(
    session: HttpSession,
    { principal, tenant, incoming, reply, accepts, headers }: SessionArrival,
  ) {
    this.session = session;
    this.scope = session.id;
    // Of this request, not of the session: the same user may come back with a token that allows less.
    this.principal = principal;
    this.tenant = tenant;
    this.header = (name) => incoming.header(name);
    this.#incoming = incoming;
    this.#reply = reply;
    this.#accepts = accepts;
    this.#headers = headers;
    reply.signal.addEventListener('abort', this.#onReplyGone, { once: true });
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  get peer(): Peer | undefined {
    return this.#incoming.peer;
  }

  notify(notification: ServerNotification): void {
    if (this.#accepts.stream) this.#open().send({ jsonrpc: '2.0', ...notification });
  }

  request(request: ServerRequest, signal: AbortSignal): Promise<Record<string, unknown>> {
    if (!this.#accepts.stream) return Promise.reject(new MissingCapabilityError({ 'text/event-stream': {} }));
    return this.session.ask(this.#open(), request, signal);
  }

  detach(): void {
    if (!this.#accepts.stream || (this.session.record?.protocolVersion ?? '') < '2025-11-25') return;
    this.#open().detach();
  }

  beat(): void {
    this.#beats += 1;
    if (this.#channel) this.#channel.keepAlive(KEEP_ALIVE);
    else if (this.#beats > 1 && this.#accepts.stream) this.#open().keepAlive(KEEP_ALIVE);
  }

  abort(reason: unknown): void {
    this.#gone.abort(reason);
  }

  finish(response: JsonRpcResponse | undefined): void {
    this.#reply.signal.removeEventListener('abort', this.#onReplyGone);
    if (!this.#channel && isOneBody(response, this.#accepts, 'legacy')) {
      answerJson(this.#reply, response, 'legacy', this.#headers);
      return;
    }
    const channel = this.#open();
    if (response) channel.send(response);
    // A channel without a connection stays for the client to come back to, until nobody waits for it any more.
    if (channel.connected) this.session.closeChannel(channel);
    else channel.finish();
  }

  readonly #onReplyGone = () => {
    if (!this.#channel) this.#gone.abort(new CancelledError('The client is gone.'));
  };

  #open(): Channel {
    if (!this.#channel) {
      const channel = this.session.openChannel(() => {
        this.#gone.abort(new CancelledError('The client is gone.'));
        this.session.closeChannel(channel);
      });
      channel.open(this.#reply, this.#headers);
      this.#channel = channel;
    }
    return this.#channel;
  }
}
