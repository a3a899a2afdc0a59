import type { CancelledError, Exchange, OpenCall, Peer, Principal, Session } from '@toolyard/core';
import type { Era, ServerNotification } from '@toolyard/core/protocol';

import type { Caller } from './caller.ts';

/** What all messages of one era on a connection share. */
export type Terms = Pick<Exchange, 'transport' | 'era' | 'scope' | 'session' | 'notify' | 'request'>;

/** One message of a connection on its way through the app. */
export class ConnectionExchange implements Exchange {
  readonly transport: string;
  readonly era: Era;
  readonly session: Session | undefined;
  readonly request?: NonNullable<Exchange['request']>;
  /** Whether it ends only when it is given up. */
  readonly listening: boolean;
  readonly #terms: Terms;
  readonly #caller: Caller;
  #call: OpenCall | undefined = undefined;
  #givenUp: CancelledError | undefined = undefined;

  constructor(terms: Terms, caller: Caller, method: unknown) {
    this.#terms = terms;
    this.#caller = caller;
    this.transport = terms.transport;
    this.era = terms.era;
    this.session = terms.session;
    if (terms.request) this.request = terms.request;
    this.listening = terms.era === 'modern' && method === 'subscriptions/listen';
  }

  /** Of this message: the same user may come back with a token that allows less. */
  get principal(): Principal {
    return this.#caller.principal;
  }

  get tenant(): string | undefined {
    return this.#caller.tenant;
  }

  get peer(): Peer | undefined {
    return this.#caller.peer;
  }

  get scope(): string | undefined {
    return this.#terms.scope;
  }

  notify(notification: ServerNotification): void {
    this.#terms.notify(notification);
  }

  opened(call: OpenCall): void {
    this.#call = call;
    if (this.#givenUp) call.giveUp(this.#givenUp);
  }

  /** Ends the call of this message, also one that has yet to begin. */
  giveUp(reason: CancelledError): void {
    this.#givenUp = reason;
    this.#call?.giveUp(reason);
  }
}
