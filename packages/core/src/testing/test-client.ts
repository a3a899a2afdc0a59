import type { Listing } from '../app/app.ts';
import { LISTS } from '../app/in-process.ts';
import type { NoContext, ResultOf } from '../call.ts';
import type { Dispatcher } from '../dispatcher.ts';
import { ToolyardError } from '../errors.ts';
import type { JsonRpcResponse, RequestId } from '../protocol/json-rpc.ts';
import type {
  CallToolResult,
  CompleteResult,
  GetPromptResult,
  Implementation,
  InputRequest,
  JsonObject,
  Methods,
  ReadResourceResult,
  ServerCapabilities,
  ServerNotification,
  ServerRequest,
  SubscriptionFilter,
} from '../protocol/messages.ts';
import { MetaKey } from '../protocol/meta.ts';
import type { Era } from '../protocol/revisions.ts';
import type { Tool } from '../registry/tool.ts';
import { ChangeStream } from './change-stream.ts';
import { TestConnection, type TestClientOptions, type TestRequestOptions } from './test-connection.ts';

/** What a server says of itself, in either era. */
export interface ServerDescription {
  readonly protocolVersion: string;
  readonly capabilities: ServerCapabilities;
  readonly serverInfo: Implementation;
  readonly instructions?: string | undefined;
}

/** What a client gets from a tool whose type is known. */
export type ToolResult<Output> = Output extends CallToolResult
  ? CallToolResult
  : Omit<CallToolResult, 'structuredContent'> & { structuredContent?: Output };

/** Rounds of questions one call may take. */
const MAX_ROUNDS = 16;

/**
 * A client in memory that speaks JSON-RPC to an app, in either era. Every message is copied through JSON, so tests
 * see what a wire would carry. A 2025 client shakes hands before its first request, or on {@link TestClient.connect}.
 *
 * @example
 * ```ts
 * import { createApp, defineTool } from '@toolyard/core';
 * import { createTestClient } from '@toolyard/core/testing';
 * import { z } from 'zod';
 *
 * const add = defineTool({ name: 'add', input: z.object({ a: z.number(), b: z.number() }), run: ({ a, b }) => ({ sum: a + b }) });
 * const app = createApp({ name: 'calculator', version: '1.0.0' }).add(add);
 *
 * await using client = createTestClient(app, { era: 'legacy' });
 * const { structuredContent } = await client.call(add, { a: 1, b: 2 });
 * console.log(structuredContent?.sum); // 3
 * ```
 */
export function createTestClient(app: Dispatcher, options: TestClientOptions = {}): TestClient {
  return new TestClient(app, options);
}

/** Made by {@link createTestClient}. */
export class TestClient implements AsyncDisposable {
  readonly #connection: TestConnection;

  /** Use {@link createTestClient}. */
  constructor(app: Dispatcher, options: TestClientOptions) {
    this.#connection = new TestConnection(app, options);
  }

  get era(): Era {
    return this.#connection.era;
  }

  /** Everything the server has told, in order. */
  get notifications(): readonly ServerNotification[] {
    return this.#connection.inbox.notifications;
  }

  /** Everything the server has asked, in either era. */
  get serverRequests(): readonly ServerRequest[] {
    return this.#connection.serverRequests;
  }

  /** The session of a 2025 client, once it is open. */
  get sessionId(): string | undefined {
    return this.#connection.sessionId;
  }

  /** Opens the session of a 2025 client; a 2026 client asks with `server/discover`. */
  async connect(): Promise<ServerDescription> {
    if (this.era === 'legacy') return this.#connection.shakeHands();
    const { capabilities, instructions, _meta } = await this.request('server/discover');
    const serverInfo = _meta?.[MetaKey.serverInfo] as Implementation;
    return { protocolVersion: this.#connection.protocolVersion, capabilities, serverInfo, instructions };
  }

  /**
   * Sends a request and gives its result, whatever kind it is.
   *
   * @throws {ProtocolError} when it is answered with an error.
   * @throws {CancelledError} when the server gives it up without an answer.
   */
  async request<M extends keyof Methods>(
    method: M,
    ...[params, options]: NoContext extends Methods[M]['params']
      ? [params?: Methods[M]['params'] & JsonObject, options?: TestRequestOptions]
      : [params: Methods[M]['params'] & JsonObject, options?: TestRequestOptions]
  ): Promise<ResultOf<M>>;
  async request<M extends string>(
    method: M extends keyof Methods ? never : M,
    params?: JsonObject,
    options?: TestRequestOptions,
  ): Promise<JsonObject>;
  async request(method: string, params: JsonObject = {}, options: TestRequestOptions = {}): Promise<unknown> {
    return this.#request(method, params, options);
  }

  /** Calls a tool and answers what it asks with `onInput`. Results with `isError` are returned, not thrown. */
  call<Input, Output>(
    tool: Tool<Input, Output>,
    ...rest: NoContext extends Input
      ? [args?: Input, options?: TestRequestOptions]
      : [args: Input, options?: TestRequestOptions]
  ): Promise<ToolResult<Output>>;
  call(tool: string, args?: JsonObject, options?: TestRequestOptions): Promise<CallToolResult>;
  async call(tool: Tool | string, args?: unknown, options?: TestRequestOptions): Promise<unknown> {
    const name = typeof tool === 'string' ? tool : tool.name;
    return this.#requestWithInput(
      'tools/call',
      { name, ...(args !== undefined && { arguments: args }) },
      options,
    );
  }

  /** Reads a resource and answers what it asks with `onInput`. */
  async read(uri: string, options?: TestRequestOptions): Promise<ReadResourceResult> {
    return (await this.#requestWithInput(
      'resources/read',
      { uri },
      options,
    )) as unknown as ReadResourceResult;
  }

  /** Gets a prompt and answers what it asks with `onInput`. */
  async prompt(
    name: string,
    args?: Record<string, string>,
    options?: TestRequestOptions,
  ): Promise<GetPromptResult> {
    const params = { name, ...(args && { arguments: args }) };
    return (await this.#requestWithInput('prompts/get', params, options)) as unknown as GetPromptResult;
  }

  /** All pages of a list. */
  async list<K extends keyof Listing>(kind: K, options?: TestRequestOptions): Promise<Listing[K]> {
    const [method, field] = LISTS[kind];
    const items: unknown[] = [];
    const cursors = new Set<string>();
    let page = await this.#request(method, {}, options);
    for (;;) {
      items.push(...(page[field] as unknown[]));
      const cursor = page['nextCursor'] as string | undefined;
      if (cursor === undefined) return items as Listing[K];
      if (cursors.has(cursor))
        throw new ToolyardError('CURSOR_REPEATED', `${method} leads back to the cursor ${cursor}.`);
      cursors.add(cursor);
      page = await this.#request(method, { cursor }, options);
    }
  }

  /** What `completion/complete` suggests. `argument` holds the one being typed, `others` those that are filled in. */
  async complete(
    ref: Methods['completion/complete']['params']['ref'],
    argument: { readonly name: string; readonly value: string },
    others?: Record<string, string>,
  ): Promise<CompleteResult['completion']> {
    const { completion } = await this.request('completion/complete', {
      ref,
      argument,
      ...(others && { context: { arguments: others } }),
    });
    return completion;
  }

  /** 2025: asks to be told when a resource changes. 2026 clients {@link TestClient.listen}. */
  async subscribe(uri: string): Promise<void> {
    await this.request('resources/subscribe', { uri });
  }

  async unsubscribe(uri: string): Promise<void> {
    await this.request('resources/unsubscribe', { uri });
  }

  /** 2026: opens a stream of changes. */
  listen(filter: SubscriptionFilter, options: Pick<TestRequestOptions, 'meta'> = {}): ChangeStream {
    return new ChangeStream((signal, notify) =>
      this.#connection.request(
        'subscriptions/listen',
        { notifications: filter },
        { ...options, signal },
        notify,
      ),
    );
  }

  /**
   * The first notification of a kind that no earlier call was given: one that is there already, or the next to come.
   *
   * @throws {ToolyardError} `NOT_NOTIFIED` after `timeoutMs` of real time, default 5000.
   */
  waitFor(
    method: string,
    options?: { readonly where?: (params: JsonObject) => boolean; readonly timeoutMs?: number },
  ): Promise<ServerNotification> {
    return this.#connection.inbox.waitFor(method, options);
  }

  /** Sends a notification. */
  notify(method: string, params?: JsonObject): Promise<void> {
    return this.#connection.notify(method, params);
  }

  /** Tells the server to give up a request, by default the newest that is open, and goes on waiting for it. */
  cancel({
    requestId,
    reason,
  }: { readonly requestId?: RequestId; readonly reason?: string } = {}): Promise<void> {
    return this.#connection.cancel(requestId, reason);
  }

  /** Sends anything at all, as it is, and gives what comes back. Nothing is added and no hands are shaken. */
  send(message: unknown): Promise<JsonRpcResponse | undefined> {
    return this.#connection.send(message);
  }

  /** Disconnects: what is open is given up, the session ends. */
  async close(): Promise<void> {
    this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #request(method: string, params: JsonObject, options: TestRequestOptions = {}): Promise<JsonObject> {
    if (!this.#connection.ready && method !== 'initialize') await this.#connection.shakeHands();
    return this.#connection.request(method, params, options);
  }

  /** Repeats a request with the answers it asks for, until it is complete. */
  async #requestWithInput(
    method: string,
    params: JsonObject,
    options: TestRequestOptions = {},
  ): Promise<JsonObject> {
    let answers: JsonObject = {};
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const result = await this.#request(method, { ...params, ...answers }, options);
      if (result['resultType'] !== 'input_required') return result;
      const { inputRequests = {}, requestState } = result as {
        inputRequests?: Record<string, InputRequest>;
        requestState?: string;
      };
      const inputResponses: JsonObject = {};
      for (const [key, request] of Object.entries(inputRequests))
        inputResponses[key] = await this.#connection.answer(request, options);
      answers = { inputResponses, ...(requestState !== undefined && { requestState }) };
    }
    throw new ToolyardError('TOO_MANY_ROUNDS', `${method} still asks for input after ${MAX_ROUNDS} rounds.`);
  }
}
