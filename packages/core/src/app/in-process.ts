import type { Progress } from '../call.ts';
import { CancelledError, ProtocolError, ToolError } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import { isRecord, type JsonRpcError } from '../protocol/json-rpc.ts';
import type { ClientCapabilities, InputRequest, JsonObject, ServerRequest } from '../protocol/messages.ts';
import { MODERN_REVISION } from '../protocol/revisions.ts';
import { local, type Principal } from '../principal.ts';
import type { AppCore } from './core.ts';
import { answer } from './dispatch.ts';
import { toolFailureOf } from './failures.ts';
import type { Listing } from './app.ts';

/** Options of `app.call`. */
export interface CallOptions {
  /** On whose behalf. Default: `local`, who may do everything. */
  readonly principal?: Principal;
  readonly tenant?: string;
  /** Gives the call up; `app.call` then rejects with its reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Answers the questions a tool asks. Without it, such tools fail. */
  readonly onInput?: (request: InputRequest) => JsonObject | Promise<JsonObject>;
  /** Sent along as `_meta`: a trace parent, an idempotency key. */
  readonly meta?: JsonObject;
}

const PROGRESS_TOKEN = 'in-process';
const ASKABLE: ClientCapabilities = {
  elicitation: { form: {}, url: {} },
  sampling: { tools: {} },
  roots: {},
};

export async function callInProcess(
  core: AppCore,
  name: string,
  args: unknown = {},
  options: CallOptions = {},
): Promise<unknown> {
  const meta = { ...options.meta, ...(options.onProgress && { progressToken: PROGRESS_TOKEN }) };
  const result = await request(core, 'tools/call', { name, arguments: args, _meta: meta }, options);
  const { content, structuredContent, isError } = result;
  const blocks = Array.isArray(content) ? (content as JsonObject[]) : [];
  if (isError === true) throw toToolError(result, blocks);
  if (structuredContent !== undefined) return structuredContent;
  const [first] = blocks;
  if (blocks.length === 1 && first?.['type'] === 'text') return first['text'];
  return blocks.length === 0 ? undefined : result;
}

/** How each kind of {@link Listing} is asked for, and where the result has its items. */
export const LISTS = {
  tools: ['tools/list', 'tools'],
  prompts: ['prompts/list', 'prompts'],
  resources: ['resources/list', 'resources'],
  templates: ['resources/templates/list', 'resourceTemplates'],
} as const;

export async function listInProcess<K extends keyof Listing>(
  core: AppCore,
  kind: K,
  options: CallOptions = {},
): Promise<Listing[K]> {
  const [method, field] = LISTS[kind];
  const items: unknown[] = [];
  let cursor: unknown;
  do {
    const result = await request(core, method, cursor === undefined ? {} : { cursor }, options);
    items.push(...(result[field] as unknown[]));
    cursor = result['nextCursor'];
  } while (cursor !== undefined);
  return items as Listing[K];
}

async function request(
  core: AppCore,
  method: string,
  params: JsonObject,
  options: CallOptions,
): Promise<JsonObject> {
  const response = await answer(core, { jsonrpc: '2.0', method, params }, exchangeOf(core, options));
  if (response === undefined) throw options.signal?.reason ?? new CancelledError();
  if ('error' in response) throw toProtocolError(response.error);
  return response.result;
}

const never = new AbortController().signal;

function exchangeOf(core: AppCore, options: CallOptions): Exchange {
  const { principal = local, tenant, signal = never, onProgress, onInput } = options;
  return {
    transport: 'memory',
    era: 'modern',
    protocolVersion: MODERN_REVISION,
    client: { info: core.settings.info, capabilities: onInput ? ASKABLE : {} },
    principal,
    tenant,
    signal,
    notify({ method, params }) {
      if (method !== 'notifications/progress') return;
      const { progressToken: _token, ...progress } = params ?? {};
      onProgress?.(progress as unknown as Progress);
    },
    ...(onInput && { request: async (asked: ServerRequest) => onInput(asked as InputRequest) }),
  };
}

function toToolError(result: JsonObject, blocks: readonly JsonObject[]): ToolError {
  const message = blocks
    .map(({ text }) => text)
    .filter((text) => typeof text === 'string')
    .join('\n');
  const { code, data } = toolFailureOf(result);
  return new ToolError(code, message, { data });
}

/** The error a client throws for one it was answered with. */
export function toProtocolError({ code, message, data }: JsonRpcError): ProtocolError {
  const name = isRecord(data) && typeof data['code'] === 'string' ? data['code'] : 'PROTOCOL_ERROR';
  return new ProtocolError(code, message, { code: name, data });
}
