import {
  ServerRequests,
  ShutdownError,
  type CancelledError,
  type Dispatcher,
  type Session,
  type SessionRecord,
} from '@toolyard/core';
import {
  answerableId,
  ErrorCode,
  eraOf,
  errorResponse,
  isRecord,
  kindOf,
  type Era,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcResponse,
  type ServerNotification,
} from '@toolyard/core/protocol';

import type { Caller } from './caller.ts';
import { ConnectionExchange, type Terms } from './connection-exchange.ts';
import { messageText } from './message-text.ts';

/** Options of {@link Connection}. */
export interface ConnectionOptions {
  /** What handlers see as `call.transport`. */
  readonly transport: 'sse' | 'websocket';
  /** Whose connection it is, for changes that are told outside calls and where messages name nobody else. */
  readonly owner: Caller;
  /** `legacy` leaves requests of the 2026 era without a method to answer them. */
  readonly eras: 'legacy' | 'both';
  /** Requests that may be answered at once. */
  readonly maxInFlight: number;
  /** Writes one message, or one batch, to the client. Must not throw, not even when the client is gone. */
  readonly send: (text: string) => void;
}

type Answer = (response: JsonRpcResponse | undefined) => void;

/** One client on a line of its own: its session, eras and batches, and the calls being answered. */
export class Connection {
  readonly #app: Dispatcher;
  readonly #options: ConnectionOptions;
  readonly #requests: ServerRequests;
  readonly #modern: Terms;
  #legacy: Terms;
  /** Messages being answered. */
  readonly #open = new Set<ConnectionExchange>();
  /** Why nothing new is taken and streams end that would never end by themselves. */
  #leaving: CancelledError | undefined = undefined;
  /** Why everything is given up. */
  #gone: CancelledError | undefined = undefined;
  #spokeModern = false;
  #stopSubscription: (() => void) | undefined = undefined;
  /** While `initialize` is being answered. What comes after it waits, since it depends on the outcome. */
  #handshake: Promise<void> | undefined = undefined;
  #inFlight = 0;
  #onIdle: (() => void)[] = [];

  constructor(app: Dispatcher, options: ConnectionOptions) {
    this.#app = app;
    this.#options = options;
    this.#requests = new ServerRequests({
      clock: app.clock,
      timeoutMs: app.inputTimeoutMs,
      maxPending: MAX_PENDING,
    });
    const common = { transport: options.transport, scope: crypto.randomUUID(), notify: this.#notify };
    this.#modern = { ...common, era: 'modern' };
    this.#legacy = { ...common, era: 'legacy' };
  }

  /** Whether something is being answered. */
  get busy(): boolean {
    return this.#inFlight > 0;
  }

  /** Takes a parsed message. Answers go to `send`, in the order in which they are ready. */
  receive(message: unknown, caller = this.#options.owner): void {
    if (this.#gone) return;
    const answer: Answer = (response) => response && this.#send(response);
    if (Array.isArray(message)) void this.#receiveBatch(message, caller);
    else this.#receiveOne(message, caller, answer);
  }

  /** Says that what came is no message at all. */
  refuse(code: number, message: string): void {
    this.#send(errorResponse(null, { code, message }));
  }

  /** Takes no new requests from here on and ends streams for changes. Resolves when all else is answered. */
  async idle(): Promise<void> {
    this.#leave(new ShutdownError());
    while (this.#inFlight > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** Gives up everything that is being answered, and ends the session. */
  close(reason: CancelledError): void {
    this.#leave(reason);
    if (this.#gone) return;
    this.#gone = reason;
    for (const exchange of this.#open) exchange.giveUp(reason);
    this.#requests.close(reason);
    this.#endSession();
  }

  readonly #send = (message: JsonRpcMessage | readonly JsonRpcMessage[]): void => {
    const text = messageText(message, this.#app.logger);
    if (text !== undefined) this.#options.send(text);
  };

  readonly #notify = (notification: ServerNotification): void =>
    this.#send({ jsonrpc: '2.0', ...notification });

  #leave(reason: CancelledError): void {
    if (this.#leaving) return;
    this.#leaving = reason;
    for (const exchange of this.#open) if (exchange.listening) exchange.giveUp(reason);
  }

  #endSession(): void {
    this.#stopSubscription?.();
    this.#stopSubscription = undefined;
    const { session } = this.#legacy;
    if (session) this.#app.endSession(session.id);
  }

  #receiveOne(message: unknown, caller: Caller, answer: Answer, inBatch = false): void {
    const kind = kindOf(message);
    if (kind === 'response' || isBrokenResponse(message)) {
      this.#requests.settle(message as JsonRpcResponse);
      return answer(undefined);
    }
    const method = isRecord(message) ? message['method'] : undefined;
    if (kind === 'request' && this.#leaving) return answer(shuttingDown(message));
    if (inBatch && method === 'initialize')
      return answer(refusal(message, 'initialize cannot be part of a batch.'));
    if (this.#inFlight >= this.#options.maxInFlight && method !== 'notifications/cancelled') {
      return answer(kind === 'notification' ? undefined : this.#tooMany(message));
    }
    void this.#answer(message, method, caller, answer);
  }

  async #answer(message: unknown, method: unknown, caller: Caller, answer: Answer): Promise<void> {
    this.#inFlight += 1;
    let exchange: ConnectionExchange | undefined;
    try {
      // No await where none is needed: what comes next has to find the handshake begun.
      if (this.#handshake && method !== 'notifications/cancelled') await this.#handshakeDone();
      const era = this.#eraOf(message);
      if (era === 'legacy' && method === 'initialize') return await this.#initialize(message, caller, answer);
      exchange = this.#enter(era === 'legacy' ? this.#legacy : this.#modern, caller, method);
      answer(await this.#app.dispatch(message, exchange));
    } catch (err) {
      this.#app.logger.error({ err }, 'A message could not be dispatched.');
      answer(
        errorResponse(answerableId(message), { code: ErrorCode.internalError, message: 'Internal error' }),
      );
    } finally {
      if (exchange) this.#open.delete(exchange);
      this.#inFlight -= 1;
      if (this.#inFlight === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
    }
  }

  /** No `initialize` is being answered. Looked at again, because another one may have been waiting too. */
  async #handshakeDone(): Promise<void> {
    while (this.#handshake) await this.#handshake;
  }

  /** The body decides; on a connection that has only spoken 2026 so far, a request without an envelope lacks one. */
  #eraOf(message: unknown): Era {
    if (this.#options.eras === 'legacy' || !isRecord(message)) return 'legacy';
    const era = eraOf(message);
    if (era === 'modern') this.#spokeModern = true;
    const opens = message['method'] === 'initialize';
    return era === 'legacy' && this.#spokeModern && !this.#legacy.session && !opens ? 'modern' : era;
  }

  #enter(terms: Terms, caller: Caller, method: unknown): ConnectionExchange {
    const exchange = new ConnectionExchange(terms, caller, method);
    const over = this.#gone ?? (exchange.listening ? this.#leaving : undefined);
    if (over) exchange.giveUp(over);
    this.#open.add(exchange);
    return exchange;
  }

  /** Opens the session. A client that starts over gets a new one in place of the old. */
  async #initialize(message: unknown, caller: Caller, answer: Answer): Promise<void> {
    let done!: () => void;
    this.#handshake = new Promise((resolve) => (done = resolve));
    let exchange: ConnectionExchange | undefined;
    try {
      const session = new ConnectionSession();
      const terms: Terms = {
        ...this.#legacy,
        session,
        request: (request, signal) => this.#requests.request(request, signal, this.#send),
      };
      exchange = this.#enter(terms, caller, 'initialize');
      const response = await this.#app.dispatch(message, exchange);
      if (session.record && response && 'result' in response && !this.#gone) {
        this.#endSession();
        this.#legacy = terms;
        answer(response);
        this.#subscribe(session);
        return;
      }
      if (session.record) this.#app.endSession(session.id);
      answer(response);
    } finally {
      if (exchange) this.#open.delete(exchange);
      this.#handshake = undefined;
      done();
    }
  }

  #subscribe(session: Session): void {
    if (this.#leaving) return;
    const { principal } = this.#options.owner;
    try {
      this.#stopSubscription = this.#app.subscribe({ principal, session, notify: this.#notify });
    } catch (err) {
      this.#app.logger.warn({ err, session: session.id }, 'The client will not be told of changes.');
    }
  }

  async #receiveBatch(messages: readonly unknown[], caller: Caller): Promise<void> {
    await this.#handshakeDone();
    const { maxInFlight } = this.#options;
    if (this.#legacy.session?.record?.protocolVersion !== '2025-03-26') {
      return this.#send(refusal(undefined, 'only sessions of revision 2025-03-26 have batches.'));
    }
    if (messages.length === 0) return this.#send(refusal(undefined, 'the batch is empty.'));
    if (messages.length > maxInFlight)
      return this.#send(refusal(undefined, `a batch can have ${maxInFlight} messages.`));
    const answers = messages.map(
      (message) =>
        new Promise<JsonRpcResponse | undefined>((resolve) =>
          this.#receiveOne(message, caller, resolve, true),
        ),
    );
    const responses = (await Promise.all(answers)).filter((response) => response !== undefined);
    if (responses.length > 0) this.#send(responses);
  }

  #tooMany(message: unknown): JsonRpcErrorResponse {
    return errorResponse(answerableId(message), {
      code: ErrorCode.limitExceeded,
      message: `The server is answering ${this.#options.maxInFlight} requests of this connection, its limit.`,
      data: { code: 'LIMIT_EXCEEDED' },
    });
  }
}

/** Questions to one client that may be open at once. */
const MAX_PENDING = 100;

/** A session that ends with its connection. Its id is not the one clients send: that one is their key to it. */
class ConnectionSession implements Session {
  readonly id = crypto.randomUUID();
  record: SessionRecord | undefined = undefined;

  update(record: SessionRecord): void {
    this.record = record;
  }
}

function shuttingDown(message: unknown): JsonRpcErrorResponse {
  return errorResponse(answerableId(message), {
    code: ErrorCode.internalError,
    message: new ShutdownError().message,
    data: { retryable: true },
  });
}

function refusal(message: unknown, reason: string): JsonRpcErrorResponse {
  return errorResponse(answerableId(message), {
    code: ErrorCode.invalidRequest,
    message: `Invalid Request: ${reason}`,
  });
}

/** Meant as an answer, though not a valid one. It must not be answered: its id is one of ours. */
function isBrokenResponse(message: unknown): boolean {
  return isRecord(message) && message['method'] === undefined && ('result' in message || 'error' in message);
}
