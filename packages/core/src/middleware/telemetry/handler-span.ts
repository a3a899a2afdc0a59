import * as api from '@opentelemetry/api';
import type { Context, Span, Tracer } from '@opentelemetry/api';
import type { CallObserver } from '../../app/call-state.ts';
import { Attribute } from './semantic-conventions.ts';
import type { Subject } from './subject.ts';

/**
 * Puts a span around the tool handler alone: what the span of the request takes longer is protocol, queueing,
 * middleware and validation.
 */
export class HandlerSpans implements CallObserver {
  readonly #tracer: Tracer;
  readonly #subject: Subject;
  readonly #requestContext: Context;
  #open: Span | undefined = undefined;

  constructor(tracer: Tracer, subject: Subject, requestContext: Context) {
    this.#tracer = tracer;
    this.#subject = subject;
    this.#requestContext = requestContext;
  }

  aroundHandler(run: () => unknown): unknown {
    // The active context carries the spans of middleware in between; without a context manager there is none.
    const active = api.context.active();
    const parent = api.trace.getSpan(active) ? active : this.#requestContext;
    this.close();
    const { handlerSpanName, toolAttributes: attributes } = this.#subject;
    const span = this.#tracer.startSpan(handlerSpanName, { kind: api.SpanKind.INTERNAL, attributes }, parent);
    this.#open = span;
    try {
      const value = api.context.with(api.trace.setSpan(parent, span), run);
      if (!(value instanceof Promise)) return this.#end(span, value);
      return value.then(
        (result: unknown) => this.#end(span, result),
        (error: unknown) => this.#fail(span, error),
      );
    } catch (error) {
      return this.#fail(span, error);
    }
  }

  /** Ends the span of a handler that is still running although its call is not: it may never end by itself. */
  close(): void {
    this.#open?.setAttribute(Attribute.handlerAbandoned, true);
    this.#open?.end();
    this.#open = undefined;
  }

  #end<T>(span: Span, value: T): T {
    if (this.#open === span) {
      span.end();
      this.#open = undefined;
    }
    return value;
  }

  #fail(span: Span, error: unknown): never {
    const type = typeOf(error);
    if (this.#open === span && type !== undefined) {
      span.setAttribute(Attribute.errorType, type);
      span.setStatus({ code: api.SpanStatusCode.ERROR });
    }
    this.#end(span, undefined);
    throw error;
  }
}

/** A handler that asks for input ends with an error that is none. */
function typeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return typeof error;
  if (!('code' in error) || typeof error.code !== 'string') return error.name;
  return error.code === 'INPUT_REQUIRED' ? undefined : error.code;
}
