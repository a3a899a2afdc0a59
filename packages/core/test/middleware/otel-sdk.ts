// A real OpenTelemetry SDK that keeps what it is told in memory.
import { AsyncLocalStorage } from 'node:async_hooks';
import * as api from '@opentelemetry/api';
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
  type ReadableLogRecord,
} from '@opentelemetry/sdk-logs';
import { MeterProvider, MetricReader, type DataPoint } from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
  type TracerProviderOptions,
} from '@opentelemetry/sdk-trace';

export interface TestSdkOptions {
  readonly traces?: boolean;
  readonly metrics?: boolean;
  readonly logs?: boolean;
  readonly contextManager?: boolean;
  readonly sampler?: TracerProviderOptions['sampler'];
}

export type TestSdk = ReturnType<typeof startSdk>;

/** Registers it globally; dispose it to take it away again. */
export function startSdk(options: TestSdkOptions = {}) {
  const { traces = true, metrics = true, logs = true, contextManager = true, sampler } = options;
  const spanExporter = new InMemorySpanExporter();
  const logExporter = new InMemoryLogRecordExporter();
  const reader = new ManualReader();
  if (traces) {
    const spanProcessors = [new SimpleSpanProcessor({ exporter: spanExporter })];
    api.trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors, ...(sampler && { sampler }) }));
  }
  if (metrics) api.metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  if (logs) {
    const processors = [new SimpleLogRecordProcessor({ exporter: logExporter })];
    api.logs.setGlobalLoggerProvider(new LoggerProvider({ processors }));
  }
  if (contextManager) api.context.setGlobalContextManager(asyncContextManager());
  api.propagation.setGlobalPropagator(w3cPropagator);

  return {
    /** Those that have ended; grows. */
    spans: spanExporter.getFinishedSpans() as readonly ReadableSpan[],
    span: (name: string): ReadableSpan => {
      const found = spanExporter.getFinishedSpans().filter((span) => span.name === name);
      if (found.length !== 1) {
        const names = spanExporter.getFinishedSpans().map((span) => span.name);
        throw new Error(`There are ${found.length} spans "${name}" among: ${names.join(', ')}`);
      }
      return found[0]!;
    },
    /** Grows. */
    logs: logExporter.getFinishedLogRecords() as readonly ReadableLogRecord[],
    /** What a metric holds now. */
    points: async (name: string): Promise<readonly DataPoint<unknown>[]> => {
      const { resourceMetrics } = await reader.collect();
      const all = resourceMetrics.scopeMetrics.flatMap(({ metrics: found }) => found);
      return all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [];
    },
    metricNames: async (): Promise<string[]> => {
      const { resourceMetrics } = await reader.collect();
      return resourceMetrics.scopeMetrics.flatMap(({ metrics: found }) =>
        found.map(({ descriptor }) => descriptor.name),
      );
    },
    [Symbol.dispose]() {
      api.trace.disable();
      api.metrics.disable();
      api.logs.disable();
      api.context.disable();
      api.propagation.disable();
    },
  };
}

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

function asyncContextManager(): api.ContextManager {
  const storage = new AsyncLocalStorage<api.Context>();
  const manager: api.ContextManager = {
    active: () => storage.getStore() ?? api.ROOT_CONTEXT,
    with: (context, fn, thisArg, ...args) => storage.run(context, () => fn.apply(thisArg as never, args)),
    bind: (_, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}

/** `traceparent` and `baggage`, as W3C has them; the SDK's own is not a dependency of this repository. */
const w3cPropagator: api.TextMapPropagator = {
  fields: () => ['traceparent', 'baggage'],
  inject() {},
  extract(context, carrier, getter) {
    const [traceparent, baggage] = [getter.get(carrier, 'traceparent'), getter.get(carrier, 'baggage')];
    if (traceparent === undefined && baggage === undefined) return context;
    const match = /^00-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/.exec(String(traceparent));
    let extracted = context;
    if (match) {
      const [, traceId = '', spanId = '', flags = '0'] = match;
      extracted = api.trace.setSpanContext(extracted, {
        traceId,
        spanId,
        traceFlags: parseInt(flags, 16),
        isRemote: true,
      });
    }
    if (typeof baggage === 'string') {
      const entries = baggage.split(',').map((entry) => entry.split('=') as [string, string]);
      const known = Object.fromEntries(entries.map(([key, value]) => [key, { value }]));
      extracted = api.propagation.setBaggage(extracted, api.propagation.createBaggage(known));
    }
    return extracted;
  },
};
