import type {
  Call,
  InputAnswer,
  InputSpec,
  NoContext,
  Progress,
  Target,
} from '../call.ts';
import type { Clock } from '../clock.ts';
import type { Session } from '../exchange.ts';
import type { Logger, LogFields } from '../logger.ts';
import { metaOf, passesLogLevel, type ClientDescription } from '../protocol/envelope.ts';
import type { RequestId } from '../protocol/json-rpc.ts';
import type { CreateMessageParams, CreateMessageResult, JsonObject, LogLevel, Root } from '../protocol/messages.ts';
import { MetaKey } from '../protocol/meta.ts';
import type { Era, Revision } from '../protocol/revisions.ts';
import type { Principal } from '../principal.ts';
import type { Tool } from '../registry/tool.ts';
import type { CallState } from './call-state.ts';
import type { LayerChanges } from './pipeline.ts';
import { askForInput, askForRoots, askModel } from './input.ts';

/** A call as one layer of the pipeline sees it. Layers that change nothing share a view. */
export class CallView implements Call<any> {
  readonly state: CallState;
  readonly context: NoContext;
  readonly params: JsonObject;
  /** A signal that middleware put in place of the call's own. */
  readonly narrowedSignal: AbortSignal | undefined;
  /** What a mounted app calls the target. */
  readonly localName: string | undefined;

  constructor(
    state: CallState,
    context: NoContext,
    params: JsonObject,
    narrowedSignal: AbortSignal | undefined,
    localName?: string,
  ) {
    this.state = state;
    this.context = context;
    this.params = params;
    this.narrowedSignal = narrowedSignal;
    this.localName = localName;
  }

  /** The view of the layers further in, after `next(changes)`. */
  with(changes: LayerChanges): CallView {
    return new CallView(
      this.state,
      changes.context ? { ...this.context, ...changes.context } : this.context,
      (changes.params as JsonObject | undefined) ?? this.params,
      changes.signal ?? this.narrowedSignal,
      changes.localName ?? this.localName,
    );
  }

  get id(): string {
    return this.state.id;
  }
  get requestId(): RequestId | undefined {
    return this.state.requestId;
  }
  get method(): string {
    return this.state.method;
  }
  get target(): Target | undefined {
    const { target } = this.state;
    return target && this.localName !== undefined ? { ...target, localName: this.localName } : target;
  }
  get tool(): Tool | undefined {
    const target = this.state.target;
    return target?.kind === 'tool' ? target.definition : undefined;
  }
  get principal(): Principal {
    return this.state.exchange.principal;
  }
  get tenant(): string | undefined {
    return this.state.exchange.tenant;
  }
  get client(): ClientDescription {
    return this.state.client;
  }
  get transport(): string {
    return this.state.exchange.transport;
  }
  get era(): Era {
    return this.state.exchange.era;
  }
  get protocolVersion(): Revision {
    return this.state.protocolVersion;
  }
  get session(): Pick<Session, 'id'> | undefined {
    return this.state.exchange.session;
  }
  get signal(): AbortSignal {
    return this.narrowedSignal ?? this.state.signal;
  }
  get clock(): Clock {
    return this.state.core.clock;
  }
  get log(): Logger {
    return this.state.log;
  }

  progress({ progress, total, message }: Progress): void {
    const progressToken = metaOf(this.state.params)?.[MetaKey.progressToken];
    if (progressToken === undefined || this.state.settled) return;
    this.state.exchange.notify({
      method: 'notifications/progress',
      params: {
        progressToken,
        progress,
        ...(total !== undefined && { total }),
        ...(message !== undefined && this.state.protocolVersion > '2024-11-05' && { message: this.#masked(message, 'text') }),
      },
    });
  }

  sendLog(level: LogLevel, data: unknown, logger?: string): void {
    const { exchange, settled, logLevel } = this.state;
    // 2025 servers may choose a level until the client does; 2026 clients get none unless they ask.
    const minimum = logLevel ?? (exchange.era === 'legacy' ? 'info' : undefined);
    if (settled || minimum === undefined || !passesLogLevel(level, minimum)) return;
    exchange.notify({
      method: 'notifications/message',
      params: { level, data: this.#masked(data, 'data'), ...(logger !== undefined && { logger }) },
    });
  }

  #masked(value: unknown, kind: 'data' | 'text'): unknown {
    return this.state.mask ? this.state.mask(value, kind) : value;
  }

  requireInput(key: string, spec: InputSpec): Promise<InputAnswer<any>> {
    return askForInput(this, key, spec);
  }
  sample(params: CreateMessageParams, options: { key?: string } = {}): Promise<CreateMessageResult> {
    return askModel(this, params, options.key);
  }
  listRoots(options: { key?: string } = {}): Promise<readonly Root[]> {
    return askForRoots(this, options.key);
  }

  detach(): void {
    this.state.exchange.detach?.();
  }

  extension(id: string): JsonObject | undefined {
    const extensions = this.state.client.capabilities.extensions;
    return extensions && Object.hasOwn(extensions, id) ? extensions[id] : undefined;
  }
  annotate(fields: LogFields): void {
    this.state.annotate(fields);
  }
  onSettled(listener: () => void): void {
    this.state.onSettled(listener);
  }
}

/** What is behind a call, for middleware of this package. A call that was made by hand, for a test, has none. */
export function stateOf(call: object): CallState | undefined {
  return call instanceof CallView ? call.state : undefined;
}
