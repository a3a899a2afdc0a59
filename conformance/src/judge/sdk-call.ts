import {
  inputRequired,
  inputResponse,
  type ClientCapabilities,
  type InputRequest,
  type InputRequiredResult,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { Call, InputAnswer, InputSpec, Schema } from '@toolyard/core';
import { isRecord, type JsonObject } from '@toolyard/core/protocol';

/** What the SDK calls an answer of each kind. */
const KINDS = {
  'elicitation/create': 'elicit',
  'sampling/createMessage': 'sampling',
  'roots/list': 'roots',
} as const;

/** Ends a run of a handler that has questions. */
class Asked extends Error {}

/** What our handlers use of a call, over the context of an SDK server. */
export class SdkCall {
  readonly client: { readonly capabilities: ClientCapabilities };
  readonly #ctx: ServerContext;
  readonly #answers: Readonly<Record<string, unknown>>;
  readonly #questions: Record<string, InputRequest> = {};

  constructor(ctx: ServerContext, capabilities: ClientCapabilities = {}) {
    this.#ctx = ctx;
    this.client = { capabilities };
    const earlier = ctx.mcpReq.requestState();
    this.#answers = { ...(isRecord(earlier) && earlier), ...ctx.mcpReq.inputResponses };
  }

  get signal(): AbortSignal {
    return this.#ctx.mcpReq.signal;
  }

  progress(progress: JsonObject): void {
    const { _meta, notify } = this.#ctx.mcpReq;
    const progressToken = _meta?.progressToken;
    if (progressToken === undefined) return;
    const params = { ...progress, progressToken } as { progress: number; progressToken: string | number };
    notify({ method: 'notifications/progress', params }).catch(() => {});
  }

  sendLog(level: 'info', data: unknown, logger?: string): void {
    // Rejects where the client has gone meanwhile.
    this.#ctx.mcpReq.log(level, data, logger).catch(() => {});
  }

  detach(): void {
    this.#ctx.http?.closeSSE?.();
  }

  async requireInput(key: string, spec: InputSpec): Promise<InputAnswer<unknown>> {
    const { message, schema, url } = spec;
    const answer = this.#ask(
      key,
      schema === undefined
        ? inputRequired.elicitUrl({ message, url })
        : inputRequired.elicit({ message, requestedSchema: schema }),
    );
    const { action } = answer;
    if (action !== 'accept') return { action: action === 'decline' ? 'decline' : 'cancel' };
    return { action, content: await valid(schema, answer['content']) };
  }

  async sample(params: JsonObject, { key = 'sample' }: { key?: string } = {}): Promise<JsonObject> {
    return this.#ask(key, inputRequired.createMessage(params as never));
  }

  async listRoots({ key = 'roots' }: { key?: string } = {}): Promise<unknown> {
    return this.#ask(key, inputRequired.listRoots())['roots'];
  }

  #ask(key: string, question: InputRequest): JsonObject {
    const { kind } = inputResponse(this.#answers, key);
    if (kind === KINDS[question.method]) return this.#answers[key] as JsonObject;
    this.#questions[key] = question;
    throw new Asked();
  }

  /** Runs a handler. Questions it leaves open become the result. */
  async run<T>(
    handler: (call: Call) => unknown,
    toResult: (value: unknown) => T,
    codec: RequestStateCodec,
  ): Promise<T | InputRequiredResult> {
    try {
      const value = await handler(this as unknown as Call);
      if (Object.keys(this.#questions).length === 0) return toResult(value);
    } catch (error) {
      if (!(error instanceof Asked)) throw error;
    }
    const requestState = await codec.mint(this.#answers, this.#ctx);
    return inputRequired({ inputRequests: this.#questions, requestState });
  }
}

async function valid(schema: Schema | undefined, content: unknown): Promise<unknown> {
  if (schema === undefined) return undefined;
  const checked = await schema['~standard'].validate(content);
  if (checked.issues) throw new Error('The answer does not fit.');
  return checked.value;
}
