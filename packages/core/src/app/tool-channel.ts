import type { CallView } from './call-view.ts';

interface TracingChannel {
  readonly hasSubscribers: boolean;
  tracePromise(run: () => Promise<unknown>, context: object): Promise<unknown>;
}

// getBuiltinModule instead of an import: absent in browsers and workers, where there is nothing to trace to.
const diagnostics = (
  globalThis as { process?: { getBuiltinModule?(id: string): { tracingChannel(name: string): TracingChannel } | undefined } }
).process?.getBuiltinModule?.('node:diagnostics_channel');

const channel = diagnostics?.tracingChannel('mcp:tool:call');

/**
 * Runs a tool handler inside the Node `diagnostics_channel` tracing channel `mcp:tool:call`, whose subscribers get
 * `{ call }`. Costs nothing while nobody subscribes.
 *
 * @see https://nodejs.org/api/diagnostics_channel.html#class-tracingchannel
 */
export function traceToolCall(call: CallView, run: () => unknown): unknown {
  if (!channel?.hasSubscribers) return run();
  return channel.tracePromise(async () => run(), { call });
}
