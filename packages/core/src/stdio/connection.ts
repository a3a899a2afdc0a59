import { deferred } from '../abort.ts';
import type { Dispatcher } from '../dispatcher.ts';
import { ShutdownError, type CancelledError } from '../errors.ts';
import type { Session } from '../exchange.ts';
import { MemorySession } from '../memory-session.ts';
import type { Principal } from '../principal.ts';
import { eraOf } from '../protocol/envelope.ts';
import { ErrorCode } from '../protocol/error-codes.ts';
import {
  answerableId,
  errorResponse,
  isRecord,
  kindOf,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcResponse,
} from '../protocol/json-rpc.ts';
import type { ServerNotification } from '../protocol/messages.ts';
import type { Era } from '../protocol/revisions.ts';
import { ServerRequests } from '../server-requests.ts';
import type { Line } from './line-reader.ts';
import { outlineOf } from './oversized-message.ts';
import { StdioExchange, type Terms } from './stdio-exchange.ts';

export interface ConnectionOptions {
  readonly principal: Principal;
  readonly tenant: string | undefined;
  /** Requests that may be answered at once. */
  readonly maxInFlight: number;
  readonly maxMessageBytes: number;
  readonly send: (message: JsonRpcMessage | readonly JsonRpcMessage[]) => void;
  readonly notify: (notification: ServerNotification) => void;
}

type Answer = (response: JsonRpcResponse | undefined) => void;

/** What one client says and is told: eras, its session, batches, and the calls being answered. */
export class Connection {
  readonly #app: Dispatcher;
  readonly #options: ConnectionOptions;
  readonly #requests: ServerRequests;
  readonly #modern: Terms;
  #legacy: Terms;
  /** Messages being answered. */
  readonly #open = new Set<StdioExchange>();
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
    const { principal, tenant, notify } = options;
    this.#requests = new ServerRequests({ clock: app.clock, timeoutMs: app.inputTimeoutMs });
    const common = { principal, tenant, scope: crypto.randomUUID(), notify };
    this.#modern = { ...common, era: 'modern' };
    this.#legacy = { ...common, era: 'legacy' };
  }

  /** Takes what the client wrote. Answers go to `send`, in the order in which they are ready. */
  receive(line: Line): void {
    if (line.kind === 'text' && line.text.trim() === '') return;
    if (line.kind === 'oversized') return this.#refuseOversized(line);
    let message: unknown;
    try {
      if (line.kind === 'garbled') throw new SyntaxError('The message is not UTF-8.');
      message = JSON.parse(line.text);
    } catch (error) {
      const { message: reason } = error as SyntaxError;
      this.#options.send(
        errorResponse(null, { code: ErrorCode.parseError, message: `Parse error: ${reason}` }),
      );
      return;
    }
    const answer: Answer = (response) => response && this.#options.send(response);
    if (Array.isArray(message)) void this.#receiveBatch(message);
    else this.#receiveOne(message, answer);
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

  #receiveOne(message: unknown, answer: Answer, inBatch = false): void {
    const kind = kindOf(message);
    if (kind === 'response' || isBrokenResponse(message)) {
      this.#requests.settle(message as JsonRpcResponse);
      return answer(undefined);
    }
    const method = isRecord(message) ? message['method'] : undefined;
    if (kind === 'request' && this.#leaving) return answer(this.#shuttingDown(message));
    if (inBatch && method === 'initialize')
      return answer(refusal(message, 'initialize cannot be part of a batch.'));
    if (this.#inFlight >= this.#options.maxInFlight && method !== 'notifications/cancelled') {
      return answer(kind === 'notification' ? undefined : this.#tooMany(message));
    }
    void this.#answer(message, method, answer);
  }

  async #answer(message: unknown, method: unknown, answer: Answer): Promise<void> {
    this.#inFlight += 1;
    let exchange: StdioExchange | undefined;
    try {
      // No await where none is needed: what comes next has to find the handshake begun.
      if (this.#handshake && method !== 'notifications/cancelled') await this.#handshakeDone();
      const era = this.#eraOf(message);
      if (era === 'legacy' && method === 'initialize') return await this.#initialize(message, answer);
      exchange = this.#enter(era === 'legacy' ? this.#legacy : this.#modern, method);
      answer(await this.#app.dispatch(message, exchange));
    } catch (err) {
      this.#app.logger.error({ err }, 'A message over stdio could not be dispatched.');
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
    const era = isRecord(message) ? eraOf(message) : 'legacy';
    if (era === 'modern') this.#spokeModern = true;
    const opens = isRecord(message) && message['method'] === 'initialize';
    return era === 'legacy' && this.#spokeModern && !this.#legacy.session && !opens ? 'modern' : era;
  }

  #enter(terms: Terms, method: unknown): StdioExchange {
    const exchange = new StdioExchange(terms, method);
    const over = this.#gone ?? (exchange.listening ? this.#leaving : undefined);
    if (over) exchange.giveUp(over);
    this.#open.add(exchange);
    return exchange;
  }

  /** Opens the session. A client that starts over gets a new one in place of the old. */
  async #initialize(message: unknown, answer: Answer): Promise<void> {
    const done = deferred();
    this.#handshake = done.promise;
    let exchange: StdioExchange | undefined;
    try {
      const session = new MemorySession();
      const terms: Terms = {
        ...this.#legacy,
        session,
        request: (request, signal) => this.#requests.request(request, signal, this.#options.send),
      };
      exchange = this.#enter(terms, 'initialize');
      const response = await this.#app.dispatch(message, exchange);
      if (session.record && response && 'result' in response) {
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
      done.resolve();
    }
  }

  #subscribe(session: Session): void {
    if (this.#leaving) return;
    const { principal, notify } = this.#options;
    try {
      this.#stopSubscription = this.#app.subscribe({ principal, session, notify });
    } catch (err) {
      this.#app.logger.warn({ err, session: session.id }, 'The client will not be told of changes.');
    }
  }

  async #receiveBatch(messages: readonly unknown[]): Promise<void> {
    await this.#handshakeDone();
    const { send, maxInFlight } = this.#options;
    if (this.#legacy.session?.record?.protocolVersion !== '2025-03-26') {
      return send(refusal(undefined, 'only sessions of revision 2025-03-26 have batches.'));
    }
    if (messages.length === 0) return send(refusal(undefined, 'the batch is empty.'));
    if (messages.length > maxInFlight)
      return send(refusal(undefined, `a batch can have ${maxInFlight} messages.`));
    const answers = messages.map(
      (message) =>
        new Promise<JsonRpcResponse | undefined>((resolve) => this.#receiveOne(message, resolve, true)),
    );
    const responses = (await Promise.all(answers)).filter((response) => response !== undefined);
    if (responses.length > 0) send(responses);
  }

  #refuseOversized(line: Line & { kind: 'oversized' }): void {
    const { id, hasMethod } = outlineOf(line);
    this.#app.logger.warn(
      { bytes: line.bytes, requestId: id },
      'A message over stdio was too large and left unread.',
    );
    if (id !== undefined && !hasMethod) {
      const error = { code: ErrorCode.invalidRequest, message: 'The answer is too large.' };
      this.#requests.settle(errorResponse(id, error));
      return;
    }
    const { maxMessageBytes } = this.#options;
    this.#options.send(
      errorResponse(id ?? null, {
        code: ErrorCode.invalidRequest,
        message: `Invalid Request: the message has ${line.bytes} bytes; ${maxMessageBytes} are allowed.`,
        data: { code: 'MESSAGE_TOO_LARGE', maxMessageBytes },
      }),
    );
  }

  #shuttingDown(message: unknown): JsonRpcErrorResponse {
    const { message: text } = new ShutdownError();
    return errorResponse(answerableId(message), {
      code: ErrorCode.internalError,
      message: text,
      data: { retryable: true },
    });
  }

  #tooMany(message: unknown): JsonRpcErrorResponse {
    return errorResponse(answerableId(message), {
      code: ErrorCode.limitExceeded,
      message: `The server is answering ${this.#options.maxInFlight} requests of this connection, its limit.`,
      data: { code: 'LIMIT_EXCEEDED' },
    });
  }
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
