import { whenReady, type Awaitable } from '../../awaitable.ts';
import { InvalidParamsError, NotFoundError, ProtocolError, ToolError, ToolyardError } from '../../errors.ts';
import type { Exchange } from '../../exchange.ts';
import { checkParameterHeaders, type HeaderParameter } from '../../protocol/headers.ts';
import { isRecord } from '../../protocol/json-rpc.ts';
import type {
  CallToolResult,
  InputRequiredResult,
  ListToolsResult,
  ToolDescription,
} from '../../protocol/messages.ts';
import { mayUse } from '../../principal.ts';
import { describeIssues } from '../../registry/schema.ts';
import type { CompiledTool } from '../../registry/tool.ts';
import { isContentBlock, isFullResult, text, type FullResult } from '../../results.ts';
import { enforceAccess } from '../access.ts';
import type { CallView } from '../call-view.ts';
import type { Entry } from '../catalog.ts';
import { collectList } from '../lists.ts';
import { orAbort, runHandler } from '../run-handler.ts';
import { traceToolCall } from '../tool-channel.ts';
import type { Method } from './method.ts';

export const listTools: Method = {
  resolve: (core) => ({
    run: (listing) =>
      collectList<ToolDescription, ListToolsResult>(core, listing, {
        method: 'tools/list',
        field: 'tools',
        keyOf: ({ name }) => name,
        own: ({ registry }, call) =>
          [...registry.tools.values()]
            .filter(
              ({ tool }) => registry.isEnabled('tool', tool.name) && mayUse(tool.access, call.principal),
            )
            .map(({ description }) => description),
        rename: (tool, prefix) => ({ ...tool, name: prefix + tool.name }),
        fixed: ({ tools }) =>
          [...tools.values()].map(({ name, compiled: { tool, description } }) => ({
            item: name === tool.name ? description : { ...description, name },
            access: tool.access,
          })),
      }),
  }),
};

export const callTool: Method = {
  resolve(core, { name, arguments: args }, { exchange }) {
    const entry = typeof name === 'string' ? core.catalog.tools.get(name) : undefined;
    if (entry === undefined) {
      return {
        async run() {
          if (typeof name !== 'string') throw new InvalidParamsError('params.name must be a string.');
          throw new NotFoundError('tool', name);
        },
      };
    }
    const { tool, description, headerParameters } = entry.compiled;
    if (headerParameters.length > 0) checkHeaders(exchange, headerParameters, args);
    return {
      target: { kind: 'tool', name: entry.name, localName: entry.name, definition: tool },
      layers: entry.layers,
      path: entry.path,
      timeoutMs: tool.timeoutMs,
      outputSchema: description.outputSchema,
      run: (call) => runTool(call, entry),
    };
  },
};

/** A request that contradicts itself ends before any middleware could answer one half of it. */
function checkHeaders(exchange: Exchange, parameters: readonly HeaderParameter[], args: unknown): void {
  if (!exchange.header || exchange.era === 'legacy') return;
  const mismatch = checkParameterHeaders(parameters, args, (name) => exchange.header!(name));
  if (mismatch)
    throw new ProtocolError(mismatch.code, mismatch.message, {
      code: 'HEADER_MISMATCH',
      data: mismatch.data,
    });
}

function runTool(
  call: CallView,
  { name, compiled }: Entry<CompiledTool>,
): Awaitable<CallToolResult | InputRequiredResult> {
  const { tool, input } = compiled;
  enforceAccess(tool.access, call.principal, 'tool', name);
  const { arguments: args = {} } = call.params;
  if (!isRecord(args)) throw new InvalidParamsError('params.arguments must be an object.');
  if (!input) return runChecked(call, compiled, {});
  return whenReady(
    orAbort(call, () => input.validate(args)),
    (checked) => {
      if (!checked.issues) return runChecked(call, compiled, checked.value);
      const problem = `Invalid arguments for ${name}: ${describeIssues(checked.issues)}`;
      throw new ToolError('INVALID_ARGUMENTS', problem, { data: { issues: checked.issues } });
    },
  );
}

function runChecked(call: CallView, compiled: CompiledTool, args: unknown) {
  return runHandler(
    call,
    () => traceToolCall(call, () => compiled.tool.run(args, call)),
    (value) => toToolResult(compiled, value),
  );
}

function toToolResult(compiled: CompiledTool, value: unknown): Awaitable<CallToolResult> {
  if (isFullResult(value)) {
    if (value.isError) return fullResult(value, value.structuredContent);
    return whenReady(checkOutput(compiled, value.structuredContent), (structured) =>
      fullResult(value, structured),
    );
  }
  if (compiled.output) return whenReady(checkOutput(compiled, value), structuredResult);
  if (value === undefined) return { content: [] };
  if (typeof value === 'string') return { content: [text(value)] };
  if (isContentBlock(value)) return { content: [value] };
  if (Array.isArray(value) && value.length > 0 && value.every(isContentBlock)) return { content: value };
  return structuredResult(value);
}

function fullResult({ content, isError, _meta }: FullResult, structured: unknown): CallToolResult {
  return {
    content: content ?? (structured === undefined ? [] : [text(toJson(structured))]),
    ...(structured !== undefined && { structuredContent: structured }),
    ...(isError && { isError }),
    ...(_meta && { _meta }),
  };
}

function structuredResult(value: unknown): CallToolResult {
  return { content: [text(toJson(value))], structuredContent: value };
}

function toJson(value: unknown): string {
  try {
    const json = JSON.stringify(value) as string | undefined;
    if (json !== undefined) return json;
  } catch (cause) {
    throw new ToolyardError('INVALID_OUTPUT', 'The handler returned something that is not JSON.', { cause });
  }
  throw new ToolyardError('INVALID_OUTPUT', 'The handler returned something that is not JSON.');
}

function checkOutput({ tool, output }: CompiledTool, value: unknown): Awaitable<unknown> {
  if (!output) return value;
  return whenReady(output.validate(value), (checked) => {
    if (!checked.issues) return checked.value;
    const problem = `Tool "${tool.name}" returned what its output schema forbids: ${describeIssues(checked.issues)}`;
    throw new ToolyardError('INVALID_OUTPUT', problem);
  });
}
