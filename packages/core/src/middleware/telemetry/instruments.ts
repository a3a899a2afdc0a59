import * as api from '@opentelemetry/api';
import type { Attributes, Counter, Histogram, Meter, MeterProvider, Tracer } from '@opentelemetry/api';
import { Attribute, DURATION_BUCKETS, Metric, SIZE_BUCKETS } from './semantic-conventions.ts';

/** The instrumentation scope of everything here. */
export const SCOPE = '@toolyard/core';

const MAX_SESSIONS = 100_000;
const MAX_IDLE_TOOLS = 2000;

interface Count {
  count: number;
  readonly attributes: Attributes;
}

/** The metrics of one meter provider, shared by all apps that report to it. */
export class Instruments {
  readonly operationDuration: Histogram;
  readonly toolErrors: Counter;
  readonly resultSize: Histogram;
  readonly #sessionDuration: Histogram;
  readonly #meter: Meter;
  readonly #prefix: string;
  readonly #activeTools = new Map<string, Count>();
  readonly #sessions = new Map<string, { readonly openedAt: number; readonly attributes: Attributes }>();
  #toolCalls: { readonly calls: Counter; readonly duration: Histogram } | undefined = undefined;

  constructor(meter: Meter, prefix: string) {
    this.#meter = meter;
    this.#prefix = prefix;
    this.operationDuration = histogram(
      meter,
      Metric.operationDuration,
      's',
      DURATION_BUCKETS,
      'Duration of MCP requests and notifications.',
    );
    this.#sessionDuration = histogram(
      meter,
      Metric.sessionDuration,
      's',
      DURATION_BUCKETS,
      'Duration of MCP sessions.',
    );
    this.resultSize = histogram(
      meter,
      `${prefix}.tool.result.size`,
      'By',
      SIZE_BUCKETS,
      'Size of tool results as JSON.',
    );
    this.toolErrors = meter.createCounter(`${prefix}.tool.errors`, {
      unit: '{call}',
      description: 'Tool calls that failed.',
    });
    // Read when metrics are collected: counting up and down costs nothing per call.
    meter
      .createObservableUpDownCounter(`${prefix}.tool.active`, {
        unit: '{call}',
        description: 'Tool calls under way.',
      })
      .addCallback((observer) => {
        for (const { count, attributes } of this.#activeTools.values()) observer.observe(count, attributes);
      });
    meter
      .createObservableUpDownCounter(`${prefix}.sessions.active`, {
        unit: '{session}',
        description: 'Open MCP sessions.',
      })
      .addCallback((observer) => observer.observe(this.#sessions.size));
  }

  /** `mcp.tool.calls` and `mcp.tool.duration`, made when first asked for. */
  get toolCalls(): { readonly calls: Counter; readonly duration: Histogram } {
    return (this.#toolCalls ??= {
      calls: this.#meter.createCounter(`${this.#prefix}.tool.calls`, {
        unit: '{call}',
        description: 'Tool calls.',
      }),
      duration: histogram(
        this.#meter,
        `${this.#prefix}.tool.duration`,
        's',
        DURATION_BUCKETS,
        'Duration of tool calls.',
      ),
    });
  }

  /** Counts a call of a tool as under way, until its count goes down again. */
  startTool(tool: string): Count {
    let active = this.#activeTools.get(tool);
    if (active === undefined) {
      if (this.#activeTools.size >= MAX_IDLE_TOOLS) this.#forgetIdleTools();
      active = { count: 0, attributes: { [Attribute.toolName]: tool } };
      this.#activeTools.set(tool, active);
    }
    active.count += 1;
    return active;
  }

  openSession(id: string, openedAt: number, attributes: Attributes): void {
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size >= MAX_SESSIONS && oldest !== undefined) this.#sessions.delete(oldest);
    this.#sessions.set(id, { openedAt, attributes });
  }

  /** Does nothing for sessions opened elsewhere or before there were metrics. */
  closeSession(id: string, closedAt: number): void {
    const session = this.#sessions.get(id);
    if (!session || !this.#sessions.delete(id)) return;
    this.#sessionDuration.record(Math.max(0, closedAt - session.openedAt) / 1000, session.attributes);
  }

  #forgetIdleTools(): void {
    for (const [tool, { count }] of this.#activeTools) if (count === 0) this.#activeTools.delete(tool);
  }
}

function histogram(
  meter: Meter,
  name: string,
  unit: string,
  buckets: number[],
  description: string,
): Histogram {
  return meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries: buckets } });
}

const instrumentsByProvider = new WeakMap<MeterProvider, Map<string, Instruments>>();

/** Finds the instruments of the registered meter provider; gives `undefined` while there is none. */
export function instrumentsFinder(prefix: string): () => Instruments | undefined {
  let provider: MeterProvider | undefined;
  let instruments: Instruments | undefined;
  return () => {
    const current = api.metrics.getMeterProvider();
    if (current !== provider) {
      provider = current;
      instruments = instrumentsOf(current, prefix);
    }
    return instruments;
  };
}

function instrumentsOf(provider: MeterProvider, prefix: string): Instruments | undefined {
  const meter = provider.getMeter(SCOPE);
  if (meter === api.createNoopMeter()) return undefined;
  let byPrefix = instrumentsByProvider.get(provider);
  if (!byPrefix) instrumentsByProvider.set(provider, (byPrefix = new Map()));
  let instruments = byPrefix.get(prefix);
  if (!instruments) byPrefix.set(prefix, (instruments = new Instruments(meter, prefix)));
  return instruments;
}

interface ProxyProvider {
  getDelegateTracer(name: string): Tracer | undefined;
}

/** Finds the tracer of the registered provider; gives `undefined` while there is none. */
export function tracerFinder(): () => Tracer | undefined {
  let provider: object | undefined;
  let tracer: Tracer | undefined;
  return () => {
    const current = api.trace.getTracerProvider();
    if (tracer === undefined || current !== provider) {
      provider = current;
      // The API hands out a proxy that is the same before and after an SDK registers.
      tracer = isProxy(current) ? current.getDelegateTracer(SCOPE) : current.getTracer(SCOPE);
    }
    return tracer;
  };
}

function isProxy(provider: object): provider is ProxyProvider {
  return 'getDelegateTracer' in provider;
}
