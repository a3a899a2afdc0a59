import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  AlwaysOnSampler,
  ParentBasedSampler,
  SamplingDecision,
  type Sampler,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import type { Pipeline } from './pipeline.ts';

/** Holds the pipeline that is in use now, or `undefined` while nothing is exported. */
export interface PipelineSlot {
  current: Pipeline | undefined;
}

/**
 * Processors for providers that live as long as the process while the pipeline behind them changes. A span that
 * started under one pipeline and ends under the next is exported by the next.
 */
export function switchableSpanProcessor(slot: PipelineSlot): SpanProcessor {
  return {
    onStart: (span, parent) => slot.current?.spans.onStart(span, parent),
    onEnd: (span) => slot.current?.spans.onEnd(span),
    forceFlush: async () => slot.current?.spans.forceFlush(),
    shutdown: async () => {},
  };
}

/** The same for log records. */
export function switchableLogProcessor(slot: PipelineSlot): LogRecordProcessor {
  return {
    onEmit: (record, context) => slot.current?.logs.onEmit(record, context),
    enabled: () => slot.current !== undefined,
    forceFlush: async () => slot.current?.logs.forceFlush(),
    shutdown: async () => {},
  };
}

/** Follows the parent's decision, else records; records nothing while nothing is exported, which is nearly free. */
export function switchableSampler(slot: PipelineSlot): Sampler {
  const whenExporting = new ParentBasedSampler({ root: new AlwaysOnSampler() });
  return {
    shouldSample: (...span) =>
      slot.current ? whenExporting.shouldSample(...span) : { decision: SamplingDecision.NOT_RECORD },
    toString: () => 'SwitchableSampler',
  };
}
