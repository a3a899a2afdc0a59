import { context, logs, metrics, propagation, trace, type Attributes } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { asyncContextManager } from './async-context-manager.ts';
import { createPipeline, type Signal } from './pipeline.ts';
import {
  switchableLogProcessor,
  switchableSampler,
  switchableSpanProcessor,
  type PipelineSlot,
} from './switchable-processors.ts';

/** Where telemetry is sent. Each part can be changed while the server runs. */
interface TelemetryTarget {
  /** Base URL of an OTLP/HTTP collector; `null` sends nothing. */
  readonly endpoint?: string | null | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Beside `service.name`, `service.version` and `service.instance.id`, which they can replace. */
  readonly resourceAttributes?: Attributes | undefined;
}

/** What `createTelemetry` needs. */
export interface TelemetryOptions extends TelemetryTarget {
  readonly serviceName: string;
  readonly serviceVersion: string;
  readonly instanceId: string;
  /** Longest wait of a span or log record before it is sent. Default: 2,000 ms. */
  readonly batchDelayMs?: number;
  /** Between two exports of metrics. Default: 60,000 ms. */
  readonly metricsIntervalMs?: number;
  /** Called for every batch that could not be sent. Must not log through the OpenTelemetry logs API. */
  readonly onError?: (signal: Signal, error: Error) => void;
}

/** The telemetry of one process. Its providers stay the same however often the target changes. */
export interface Telemetry {
  readonly tracerProvider: TracerProvider;
  readonly meterProvider: MeterProvider;
  readonly loggerProvider: LoggerProvider;
  /** Makes the providers the global ones of `@opentelemetry/api`, with W3C trace context. `shutdown` takes them back. */
  register(): void;
  /**
   * Changes where telemetry goes; parts left out stay as they are. From now on everything goes to the new target.
   * What was recorded before is sent to the old one, or, where that fails, to the new one.
   *
   * @returns whether the old target took or refused everything within `deadlineMs` (default: 5,000 ms); what is
   * still on its way then goes on in the background.
   */
  reconfigure(change: TelemetryTarget, options?: { readonly deadlineMs?: number }): Promise<boolean>;
  /** All metrics in the Prometheus text format. */
  prometheusText(): Promise<string>;
  /** Sends what is waiting. Never rejects; failures go to `onError`. */
  flush(): Promise<void>;
  /** Sends what is waiting and stops, at the latest after the deadline (default: 5,000 ms). True when all was sent or refused by then. */
  shutdown(options?: { readonly deadlineMs?: number }): Promise<boolean>;
}

/** Starts the OpenTelemetry SDK: Prometheus always, OTLP when an endpoint is given. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { batchDelayMs = 2_000, metricsIntervalMs = 60_000, onError = () => {} } = options;
  let target = {
    endpoint: options.endpoint,
    headers: options.headers,
    attributes: options.resourceAttributes,
  };
  let resource = makeResource();
  const slot: PipelineSlot = { current: openPipeline() };

  const reader = new CumulativeReader();
  const prometheus = new PrometheusSerializer();
  const tracerProvider = new TracerProvider({
    resource,
    sampler: switchableSampler(slot),
    spanProcessors: [switchableSpanProcessor(slot)],
  });
  const meterProvider = new MeterProvider({ resource, readers: [reader] });
  const loggerProvider = new LoggerProvider({ resource, processors: [switchableLogProcessor(slot)] });
  const timer = setInterval(() => void pushMetrics(slot.current), metricsIntervalMs).unref();
  let changes: Promise<unknown> = Promise.resolve();
  let ended: Promise<boolean> | undefined;
  let registered = false;

  function makeResource(): Resource {
    return resourceFromAttributes({
      'service.name': options.serviceName,
      'service.version': options.serviceVersion,
      'service.instance.id': options.instanceId,
      ...target.attributes,
    });
  }

  function openPipeline() {
    const { endpoint, headers = {} } = target;
    return endpoint ? createPipeline({ endpoint, headers, resource, batchDelayMs, onError }) : undefined;
  }

  async function pushMetrics(pipeline: PipelineSlot['current']): Promise<void> {
    if (pipeline) await pipeline.exportMetrics(await collect());
  }

  async function collect(): Promise<ResourceMetrics> {
    const { resourceMetrics, errors } = await reader.collect();
    for (const error of errors) onError('metrics', error instanceof Error ? error : new Error(String(error)));
    return resourceMetrics;
  }

  async function change({ endpoint, headers, resourceAttributes }: TelemetryTarget): Promise<void> {
    const old = slot.current;
    target = {
      endpoint: endpoint === undefined ? target.endpoint : endpoint,
      headers: headers ?? target.headers,
      attributes: resourceAttributes ?? target.attributes,
    };
    resource = makeResource();
    slot.current = openPipeline();
    await old?.retire(collect(), slot.current);
  }

  async function flush(): Promise<void> {
    const pipeline = slot.current;
    await Promise.allSettled([
      pipeline?.spans.forceFlush(),
      pipeline?.logs.forceFlush(),
      pushMetrics(pipeline),
    ]);
  }

  async function end(): Promise<void> {
    clearInterval(timer);
    if (registered) unregister();
    await changes;
    await slot.current?.retire(collect());
    slot.current = undefined;
    await Promise.allSettled([
      tracerProvider.shutdown(),
      loggerProvider.shutdown(),
      meterProvider.shutdown(),
    ]);
  }

  return {
    tracerProvider,
    meterProvider,
    loggerProvider,
    flush,
    register() {
      registered = true;
      context.setGlobalContextManager(asyncContextManager().enable());
      trace.setGlobalTracerProvider(tracerProvider);
      metrics.setGlobalMeterProvider(meterProvider);
      logs.setGlobalLoggerProvider(loggerProvider);
      // Without it, the `_meta.traceparent` of a client would not be understood.
      propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    },
    reconfigure(changed, { deadlineMs = 5_000 } = {}) {
      if (ended) throw new Error('Telemetry was shut down and cannot be changed.');
      const done = change(changed);
      changes = Promise.allSettled([changes, done]);
      return within(deadlineMs, done);
    },
    prometheusText: async () => prometheus.serialize({ ...(await collect()), resource }),
    shutdown: ({ deadlineMs = 5_000 } = {}) => (ended ??= within(deadlineMs, end())),
  };
}

// One reader serves Prometheus and OTLP. With two, the SDK keeps every change for the one nobody asks: a leak.
class CumulativeReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

function unregister(): void {
  trace.disable();
  metrics.disable();
  logs.disable();
  propagation.disable();
  context.disable();
}

async function within(deadlineMs: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, deadlineMs, false);
  });
  try {
    return await Promise.race([work.then(() => true), deadline]);
  } finally {
    clearTimeout(timer);
  }
}
