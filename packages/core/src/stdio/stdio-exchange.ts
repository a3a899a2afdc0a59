import type { CancelledError } from '../errors.ts';
import type { Exchange, OpenCall, Session } from '../exchange.ts';
import type { Principal } from '../principal.ts';
import type { ServerNotification } from '../protocol/messages.ts';
import type { Era } from '../protocol/revisions.ts';

/** What all messages of one era on a connection share. */
export type Terms = Pick<
  Exchange,
  'era' | 'principal' | 'tenant' | 'scope' | 'session' | 'notify' | 'request'
>;

/** One message on its way through the app. */
export class StdioExchange implements Exchange {
  readonly transport = 'stdio';
  readonly era: Era;
  readonly session: Session | undefined;
  readonly request?: NonNullable<Exchange['request']>;
  /** Whether it ends only when it is given up. */
  readonly listening: boolean;
  readonly #terms: Terms;
  #call: OpenCall | undefined = undefined;
  #givenUp: CancelledError | undefined = undefined;

  constructor(terms: Terms, method: unknown) {
    this.#terms = terms;
    this.era = terms.era;
    this.session = terms.session;
    if (terms.request) this.request = terms.request;
    this.listening = terms.era === 'modern' && method === 'subscriptions/listen';
  }

  get principal(): Principal {
    return this.#terms.principal;
  }

  get tenant(): string | undefined {
    return this.#terms.tenant;
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
