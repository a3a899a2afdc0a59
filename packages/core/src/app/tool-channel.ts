import type { CallView } from './call-view.ts';

interface TracingChannel {
  readonly hasSubscribers: boolean;
  tracePromise(run: () => Promise<unknown>, context: object): Promise<unknown>;
}

// getBuiltinModule instead of an import: absent in browsers and workers, where there is nothing to trace to.
const diagnostics = (
  globalThis as {
    process?: { getBuiltinModule?(id: string): { tracingChannel(name: string): TracingChannel } | undefined };
  }
).process?.getBuiltinModule?.('node:diagnostics_channel');

const channel = diagnostics?.tracingChannel('mcp:tool:call');

/**
 * Runs a tool handler within the observer of its call, and inside the Node `diagnostics_channel` tracing channel
 * `mcp:tool:call`, whose subscribers get `{ call }`. Costs nothing while there is neither.
 *
 * @see https://nodejs.org/api/diagnostics_channel.html#class-tracingchannel
 */
export function traceToolCall(call: CallView, run: () => unknown): unknown {
  const { observer } = call.state;
  const published = channel?.hasSubscribers ? () => channel.tracePromise(async () => run(), { call }) : run;
  return observer?.aroundHandler ? observer.aroundHandler(published) : published();
}
