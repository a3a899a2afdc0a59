import type { Call, InputAnswer, InputSpec, NoContext, Target } from '../call.ts';
import type { Clock } from '../clock.ts';
import type { Session } from '../exchange.ts';
import type { Logger } from '../logger.ts';
import type { ClientDescription } from '../protocol/envelope.ts';
import type { RequestId } from '../protocol/json-rpc.ts';
import type { JsonObject } from '../protocol/messages.ts';
import type { Era, Revision } from '../protocol/revisions.ts';
import type { Principal } from '../principal.ts';
import type { Tool } from '../registry/tool.ts';
import type { CallState } from './call-state.ts';
import { askForInput, askForRoots, askModel } from './input.ts';
import type { LayerChanges } from './pipeline.ts';
import { tellLog, tellProgress } from './tell.ts';

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

  // Getters instead of methods, so that handlers can take what they need apart: `(args, { progress, signal }) => …`.

  get progress(): Call['progress'] {
    return (progress) => tellProgress(this.state, progress);
  }
  get sendLog(): Call['sendLog'] {
    return (level, data, logger) => tellLog(this.state, level, data, logger);
  }
  get requireInput(): (key: string, spec: InputSpec) => Promise<InputAnswer<any>> {
    return (key, spec) => askForInput(this, key, spec);
  }
  get sample(): Call['sample'] {
    return (params, options) => askModel(this, params, options?.key);
  }
  get listRoots(): Call['listRoots'] {
    return (options) => askForRoots(this, options?.key);
  }
  get detach(): Call['detach'] {
    return () => this.state.exchange.detach?.();
  }
  get extension(): Call['extension'] {
    return (id) => {
      const { extensions } = this.state.client.capabilities;
      return extensions && Object.hasOwn(extensions, id) ? extensions[id] : undefined;
    };
  }
  get annotate(): Call['annotate'] {
    return (fields) => this.state.annotate(fields);
  }
  get onSettled(): Call['onSettled'] {
    return (listener) => this.state.onSettled(listener);
  }
}
