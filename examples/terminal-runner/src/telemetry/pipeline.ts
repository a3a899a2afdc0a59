import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { Resource } from '@opentelemetry/resources';
import {
  BatchLogRecordProcessor,
  type LogRecordProcessor,
  type ReadableLogRecord,
} from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, type ReadableSpan, type SpanProcessor } from '@opentelemetry/sdk-trace';

/** `traces`, `metrics` or `logs`. */
export type Signal = 'traces' | 'metrics' | 'logs';

/** Where one pipeline sends to, and what it says about this process. */
export interface PipelineOptions {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: Resource;
  /** Longest wait of a finished span or log record before it is sent. */
  readonly batchDelayMs: number;
  /** Called for every batch that could not be sent. */
  readonly onError: (signal: Signal, error: Error) => void;
}

/**
 * One set of exporters to one endpoint. When the endpoint changes, the pipeline is retired and another takes its
 * place; batches the old endpoint refuses go to the successor.
 */
export interface Pipeline {
  readonly spans: SpanProcessor;
  readonly logs: LogRecordProcessor;
  exportMetrics(metrics: ResourceMetrics): Promise<void>;
  /** Sends what is waiting and `lastMetrics`, and ends. Never rejects. */
  retire(lastMetrics: Promise<ResourceMetrics>, successor?: Pipeline): Promise<void>;
  /** Used by a predecessor that could not deliver. */
  readonly exporters: Exporters;
}

interface Exporters {
  readonly traces: Exporter<ReadableSpan[]>;
  readonly logs: Exporter<ReadableLogRecord[]>;
  readonly metrics: Exporter<ResourceMetrics>;
}

interface Exporter<Batch> {
  export(batch: Batch, done: (result: ExportResult) => void): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** Sends by OTLP/HTTP in JSON to `endpoint` + `/v1/traces`, `/v1/metrics` and `/v1/logs`. */
export function createPipeline({
  endpoint,
  headers,
  resource,
  batchDelayMs,
  onError,
}: PipelineOptions): Pipeline {
  const to = (signal: Signal) => ({
    url: `${endpoint.replace(/\/+$/, '')}/v1/${signal}`,
    headers: { ...headers },
  });
  let successor: Exporters | undefined;

  // The providers outlive this pipeline, so what they record carries no resource of ours: it is put on here.
  const exporters: Exporters = {
    traces: relay(
      'traces',
      new OTLPTraceExporter(to('traces')),
      () => successor?.traces,
      (spans) => spans.map((span) => withResource(span, resource)),
    ),
    logs: relay(
      'logs',
      new OTLPLogExporter(to('logs')),
      () => successor?.logs,
      (records) => records.map((record) => withResource(record, resource)),
    ),
    metrics: relay(
      'metrics',
      new OTLPMetricExporter(to('metrics')),
      () => successor?.metrics,
      (metrics) => ({ ...metrics, resource }),
    ),
  };
  const timing = { scheduledDelayMillis: batchDelayMs };
  const spans = new BatchSpanProcessor({ exporter: exporters.traces, ...timing });
  const logs = new BatchLogRecordProcessor({ exporter: exporters.logs, ...timing });

  function relay<Batch>(
    signal: Signal,
    exporter: Exporter<Batch>,
    next: () => Exporter<Batch> | undefined,
    stamp: (batch: Batch) => Batch,
  ): Exporter<Batch> {
    return {
      export(batch, done) {
        exporter.export(stamp(batch), (result) => {
          if (result.code === ExportResultCode.SUCCESS) return done(result);
          onError(signal, result.error ?? new Error('The export failed.'));
          const other = next();
          return other ? other.export(batch, done) : done(result);
        });
      },
      forceFlush: () => exporter.forceFlush(),
      shutdown: () => exporter.shutdown(),
    };
  }

  function exportMetrics(metrics: ResourceMetrics): Promise<void> {
    return new Promise((resolve) => exporters.metrics.export(metrics, () => resolve()));
  }

  return {
    spans,
    logs,
    exporters,
    exportMetrics,
    async retire(lastMetrics, next) {
      successor = next?.exporters;
      const metricsSent = lastMetrics.then(exportMetrics).finally(() => exporters.metrics.shutdown());
      // Together, because an endpoint that answers slowly must not hold up one signal behind another.
      await Promise.allSettled([spans.shutdown(), logs.shutdown(), metricsSent]);
    },
  };
}

// The span or record itself, but for its resource.
function withResource<Item extends { readonly resource: Resource }>(item: Item, resource: Resource): Item {
  return Object.create(item, { resource: { value: resource, enumerable: true } });
}
