import * as api from '@opentelemetry/api';
import type { Context, Span, Tracer } from '@opentelemetry/api';
import { stateOf, type CallObserver } from '../../app/call-state.ts';
import { outcomeOfError, outcomeOfResult, type Outcome } from '../../app/outcome.ts';
import type { Call } from '../../call.ts';
import { metaOf } from '../../protocol/envelope.ts';
import { isRecord } from '../../protocol/json-rpc.ts';
import type { Redactor } from '../../redaction/redactor.ts';
import { jsonBytes } from '../../json-bytes.ts';
import { shorten } from '../../shorten.ts';
import { recordException } from './exceptions.ts';
import { HandlerSpans } from './handler-span.ts';
import type { Instruments } from './instruments.ts';
import { findParent, type RemoteParentRules } from './remote-parent.ts';
import { Attribute } from './semantic-conventions.ts';
import { errorTypeOf, networkOf, type Subject } from './subject.ts';

export interface ObservationSettings {
  readonly parentRules: RemoteParentRules;
  readonly handlerSpans: boolean;
  readonly captureArguments: boolean;
  readonly captureResults: boolean;
  readonly maxCaptureLength: number;
  readonly toolMetrics: boolean;
  readonly secrets: Redactor;
}

/** Says that a call is observed, where nothing has to be done around its handler. */
const BYSTANDER: CallObserver = Object.freeze({});

/** One call, from its start to its outcome. */
export class Observation {
  readonly #call: Call;
  readonly #subject: Subject;
  readonly #tracer: Tracer | undefined;
  readonly #instruments: Instruments | undefined;
  readonly #settings: ObservationSettings;
  readonly #startedAt: number;
  #context: Context | undefined = undefined;
  /** Only while it records. */
  #span: Span | undefined = undefined;

  constructor(
    call: Call,
    subject: Subject,
    tracer: Tracer | undefined,
    instruments: Instruments | undefined,
    settings: ObservationSettings,
  ) {
    this.#call = call;
    this.#subject = subject;
    this.#tracer = tracer;
    this.#instruments = instruments;
    this.#settings = settings;
    this.#startedAt = call.clock.now();
  }

  async run<T>(next: () => Promise<T>): Promise<T> {
    const { tool } = this.#subject;
    const state = stateOf(this.#call);
    const active = tool === undefined ? undefined : this.#instruments?.startTool(tool);
    const span = this.#tracer && this.#startSpan(this.#tracer);
    const handler = this.#handlerSpans();
    if (state) state.observer = handler ?? BYSTANDER;
    try {
      const result = await (this.#context ? api.context.with(this.#context, next) : next());
      quietly(() => this.#onResult(result));
      return result;
    } catch (error) {
      quietly(() => this.#onError(error));
      throw error;
    } finally {
      if (state) state.observer = undefined;
      if (active) active.count -= 1;
      handler?.close();
      span?.end();
    }
  }

  #startSpan(tracer: Tracer): Span {
    const { principal, params } = this.#call;
    const parent = findParent(metaOf(params), principal, this.#settings.parentRules);
    const { attributes, spanName } = this.#subject;
    const span = tracer.startSpan(
      spanName,
      { kind: api.SpanKind.SERVER, attributes, ...(parent.links && { links: parent.links }) },
      parent.context,
    );
    this.#context = api.trace.setSpan(parent.context, span);
    const recording = span.isRecording();
    const { traceId, spanId } = span.spanContext();
    if (recording || api.isValidTraceId(traceId)) this.#call.annotate({ trace_id: traceId, span_id: spanId });
    if (recording) {
      this.#span = span;
      quietly(() => this.#describe(span));
    }
    return span;
  }

  #handlerSpans(): HandlerSpans | undefined {
    if (!this.#span || !this.#context || !this.#tracer || !this.#settings.handlerSpans) return undefined;
    return this.#call.target?.kind === 'tool'
      ? new HandlerSpans(this.#tracer, this.#subject, this.#context)
      : undefined;
  }

  /** What is of this call alone, and so not on metrics. */
  #describe(span: Span): void {
    const { requestId, session, params, target } = this.#call;
    const { secrets, captureArguments } = this.#settings;
    const peer = stateOf(this.#call)?.exchange.peer;
    if (requestId !== undefined) span.setAttribute(Attribute.requestId, shorten(String(requestId)));
    if (session) span.setAttribute(Attribute.sessionId, session.id);
    if (peer) {
      span.setAttribute(Attribute.clientAddress, peer.address);
      if (peer.port !== undefined) span.setAttribute(Attribute.clientPort, peer.port);
      if (peer.protocolVersion !== undefined)
        span.setAttribute(Attribute.networkProtocolVersion, peer.protocolVersion);
    }
    const { uri } = params;
    if (typeof uri === 'string') span.setAttribute(Attribute.resourceUri, secrets.text(uri.slice(0, 2048)));
    if (captureArguments && target?.kind === 'tool') {
      span.setAttribute(Attribute.toolArguments, this.#json(params['arguments'] ?? {}));
    }
  }

  #onResult(result: unknown): void {
    this.#finish(outcomeOfResult(result));
    if (!isRecord(result)) return;
    const { method, target, session, transport, clock } = this.#call;
    if (target?.kind === 'tool' && 'content' in result) {
      this.#instruments?.resultSize.record(jsonBytes(result), this.#subject.toolAttributes);
      if (this.#span && this.#settings.captureResults) {
        this.#span.setAttribute(
          Attribute.toolResult,
          this.#json(result['structuredContent'] ?? result['content']),
        );
      }
    }
    if (method === 'initialize') {
      const agreed = { [Attribute.protocolVersion]: String(result['protocolVersion']) };
      this.#span?.setAttributes(agreed);
      if (session)
        this.#instruments?.openSession(session.id, clock.now(), { ...agreed, ...networkOf(transport) });
    }
  }

  #onError(error: unknown): void {
    const outcome = outcomeOfError(this.#call, error);
    this.#finish(outcome, error instanceof Error ? error.message : undefined);
    if ('masked' in outcome && outcome.masked) {
      recordException(error, this.#subject.attributes, this.#context ?? api.context.active(), this.#span);
    }
  }

  #finish(outcome: Outcome, message?: string): void {
    const type = errorTypeOf(outcome);
    this.#record(outcome, type);
    const span = this.#span;
    if (!span || type === undefined) return;
    span.setAttribute(Attribute.errorType, type);
    if ('code' in outcome) span.setAttribute(Attribute.errorCode, outcome.code);
    // The message the client got, for errors of JSON-RPC: what a tool says may be anything.
    const told = 'rpcCode' in outcome && !outcome.masked ? message : undefined;
    if ('rpcCode' in outcome) span.setAttribute(Attribute.statusCode, type);
    span.setStatus({
      code: api.SpanStatusCode.ERROR,
      ...(told !== undefined && { message: this.#settings.secrets.text(told.slice(0, 1024)) }),
    });
  }

  #record(outcome: Outcome, type: string | undefined): void {
    const instruments = this.#instruments;
    if (!instruments) return;
    const { attributes: usual, tool } = this.#subject;
    const attributes = type === undefined ? usual : this.#subject.failure(outcome);
    const seconds = Math.max(0, this.#call.clock.now() - this.#startedAt) / 1000;
    instruments.operationDuration.record(seconds, attributes);
    if (tool === undefined) return;
    if (type !== undefined) instruments.toolErrors.add(1, this.#subject.toolFailure(outcome));
    if (!this.#settings.toolMetrics) return;
    instruments.toolCalls.calls.add(1, attributes);
    instruments.toolCalls.duration.record(seconds, attributes);
  }

  #json(value: unknown): string {
    const { secrets, maxCaptureLength } = this.#settings;
    const json = JSON.stringify(secrets.value(value, { keys: true })) ?? '';
    return json.length > maxCaptureLength ? `${json.slice(0, maxCaptureLength)}…` : json;
  }
}

/** Runs what only reports: a result that cannot be written down is no reason to lose it. */
function quietly(report: () => void): void {
  try {
    report();
  } catch (error) {
    api.diag.error('@toolyard/core could not report a call.', error);
  }
}
