import { abortError } from '../abort.ts';
import type { Target } from '../call.ts';
import { CancelledError, isCancelledError, isShutdownError, TimeoutError } from '../errors.ts';
import type { Exchange, OpenCall } from '../exchange.ts';
import { type Logger, type LogFields, withFields } from '../logger.ts';
import { metaOf, type ClientDescription } from '../protocol/envelope.ts';
import type { RequestId } from '../protocol/json-rpc.ts';
import type { InputRequest, JsonObject, LogLevel } from '../protocol/messages.ts';
import { MetaKey } from '../protocol/meta.ts';
import type { Revision } from '../protocol/revisions.ts';
import { shorten } from '../shorten.ts';
import type { Place } from './catalog.ts';
import type { AppCore } from './core.ts';
import type { AppEvents } from './events.ts';
import type { Answers } from './request-state.ts';

/** Watches one call from outside: the telemetry of the outermost app that has one. */
export interface CallObserver {
  /** Runs the tool handler, so that what it measures is the handler and nothing else. */
  aroundHandler?(run: () => unknown): unknown;
}

/** Masks what a handler sends besides its result. `data` is JSON whose property names count, `text` is for people. */
export type Mask = (value: unknown, kind: 'data' | 'text') => unknown;

/** What all views of one call share. One per message. */
export class CallState implements OpenCall {
  readonly core: AppCore;
  readonly exchange: Exchange;
  readonly method: string;
  readonly requestId: RequestId | undefined;
  readonly params: JsonObject;
  readonly client: ClientDescription;
  readonly protocolVersion: Revision;
  readonly logLevel: LogLevel | undefined;
  target: Target | undefined = undefined;
  /** The apps the call passes. */
  path: readonly Place[] | undefined = undefined;
  outputSchema: JsonObject | undefined = undefined;
  /** Whether there is something behind the method: clients can send any name. */
  served = true;
  /** Why the call was given up, once it was. */
  abortReason: unknown = undefined;
  aborted = false;
  settled = false;
  /** The furthest progress told so far. */
  lastProgress = -Infinity;
  /** Answers the client has brought, by key. */
  answers: Answers = {};
  /** Whether they were read from what the client brought. */
  hasAnswers = false;
  /** Questions asked in this run that have no answer yet. */
  questions: Map<string, InputRequest> | undefined = undefined;
  /** Whether a handler of this call has asked the client for something. */
  asked = false;
  /** The result of a handler that still runs although its call was given up. */
  lateResult: (() => Promise<object>) | undefined = undefined;
  /** Numbers questions that were asked without a key. */
  unnamedQuestions = 0;
  /** When it has taken too long, by the clock's `monotonic`. */
  dueAt = Infinity;
  observer: CallObserver | undefined = undefined;
  mask: Mask | undefined = undefined;
  #id: string | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #onAbort: ((reason: unknown) => void)[] | undefined = undefined;
  #onSettled: (() => void)[] | undefined = undefined;
  #timeoutMs = 0;
  /** Questions that are open, and the time that was left when the first was asked. */
  #waiting = 0;
  #remainingMs = Infinity;
  #log: Logger | undefined = undefined;
  #notes: LogFields | undefined = undefined;

  constructor(
    core: AppCore,
    exchange: Exchange,
    message: { method: string; id?: RequestId; params?: JsonObject | undefined },
    client: ClientDescription,
    protocolVersion: Revision,
    logLevel: LogLevel | undefined,
  ) {
    this.core = core;
    this.exchange = exchange;
    this.method = message.method;
    this.requestId = message.id;
    this.params = message.params ?? {};
    this.client = client;
    this.protocolVersion = protocolVersion;
    this.logLevel = logLevel;
  }

  get id(): string {
    return (this.#id ??= crypto.randomUUID());
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.aborted) this.#controller.abort(this.abortReason);
    }
    return this.#controller.signal;
  }

  get log(): Logger {
    return (this.#log ??= withFields(this.core.logger, { ...this.#logFields(), ...this.#notes }));
  }

  annotate(fields: LogFields): void {
    // Most calls log nothing: a child logger is made for the first line, not for the first note.
    this.#notes = this.#notes ? { ...this.#notes, ...fields } : fields;
    if (this.#log) this.#log = withFields(this.#log, fields);
  }

  /** Whether nobody waits for the answer any more. At a shutdown the client still does. */
  get givenUp(): boolean {
    return isCancelledError(this.abortReason) && !isShutdownError(this.abortReason);
  }

  /** Gives the call up. Does nothing once it has settled. */
  abort(reason: unknown): void {
    if (this.aborted || this.settled) return;
    this.aborted = true;
    this.abortReason = reason;
    this.#controller?.abort(reason);
    const listeners = this.#onAbort ?? [];
    this.#onAbort = undefined;
    for (const listener of listeners) listener(reason);
  }

  giveUp(reason?: unknown): void {
    this.abort(
      isCancelledError(reason) ? reason : new CancelledError('The client is gone.', { cause: reason }),
    );
  }

  expire(): void {
    this.abort(new TimeoutError(this.target?.name ?? this.method, this.#timeoutMs));
  }

  /** Calls `listener` when the call is given up. */
  onAbort(listener: (reason: unknown) => void): void {
    if (this.aborted) listener(this.abortReason);
    else (this.#onAbort ??= []).push(listener);
  }

  offAbort(listener: (reason: unknown) => void): void {
    const index = this.#onAbort?.indexOf(listener) ?? -1;
    if (index >= 0) this.#onAbort!.splice(index, 1);
  }

  /** Announces what became of the call to all apps it passed: to a mounted one it is a call like any other. */
  emit<E extends keyof AppEvents>(event: E, details: AppEvents[E]): void {
    if (this.path === undefined) this.core.events.emit(event, details);
    else for (const { app } of this.path) app.events.emit(event, details);
  }

  /** Whether any of these apps listens. */
  hears(event: keyof AppEvents): boolean {
    return this.path === undefined
      ? this.core.events.has(event)
      : this.path.some(({ app }) => app.events.has(event));
  }

  onSettled(listener: () => void): void {
    if (this.settled) listener();
    else (this.#onSettled ??= []).push(listener);
  }

  settle(): void {
    if (this.settled) return;
    this.settled = true;
    this.#onAbort = undefined;
    for (const listener of this.#onSettled ?? []) {
      try {
        listener();
      } catch (err) {
        this.log.error({ err }, 'A listener for the end of a call failed.');
      }
    }
  }

  startTimeout(timeoutMs: number): void {
    this.#timeoutMs = timeoutMs;
    this.#endWithin(timeoutMs);
  }

  /** Stops the clock while a person thinks; with several questions open, until the last is answered. */
  async withoutTimeout<T>(wait: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    if (this.#waiting === 1) {
      this.#remainingMs = this.dueAt - this.core.clock.monotonic();
      this.dueAt = Infinity;
    }
    try {
      return await wait();
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#endWithin(this.#remainingMs);
    }
  }

  #endWithin(remainingMs: number): void {
    if (remainingMs === Infinity) return;
    const { clock, deadlines } = this.core;
    this.dueAt = clock.monotonic() + remainingMs;
    deadlines.watch(this.dueAt);
  }

  /** The reason as an error that names what happened. */
  abortError(): Error {
    return abortError(this.abortReason);
  }

  #logFields(): LogFields {
    const { requestId, target } = this;
    const { principal, tenant, session, transport } = this.exchange;
    const traceparent = metaOf(this.params)?.[MetaKey.traceparent];
    const traceId =
      typeof traceparent === 'string' ? /^[\da-f]{2}-([\da-f]{32})-/.exec(traceparent)?.[1] : undefined;
    return {
      callId: this.id,
      method: shorten(this.method),
      transport,
      principal: principal.id,
      ...(requestId !== undefined && {
        requestId: typeof requestId === 'string' ? shorten(requestId) : requestId,
      }),
      ...(target && { [target.kind]: shorten(target.name, 2048) }),
      ...(tenant !== undefined && { tenant }),
      ...(session && { session: session.id }),
      ...(traceId && { trace_id: traceId }),
    };
  }
}

/**
 * What is behind a call, for middleware of this package. Told by its form, which holds across copies of the package
 * and asks for no class; a call that was made by hand, for a test, has none.
 */
export function stateOf(call: object): CallState | undefined {
  const { state } = call as { state?: unknown };
  return typeof state === 'object' && state !== null && 'served' in state ? (state as CallState) : undefined;
}
