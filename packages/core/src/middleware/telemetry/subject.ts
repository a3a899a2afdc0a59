import type { Attributes } from '@opentelemetry/api';
import type { CallState } from '../../app/call-state.ts';
import type { Outcome } from '../../app/outcome.ts';
import type { Call } from '../../call.ts';
import { isNotification } from '../methods.ts';
import { Attribute, EXECUTE_TOOL, OTHER, TOOL_ERROR, UNKNOWN_TOOL } from './semantic-conventions.ts';

/** Notifications of the protocol; others share one name. */
const NOTIFICATIONS: ReadonlySet<string> = new Set([
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'notifications/roots/list_changed',
]);

const NETWORKS: Readonly<Record<string, Attributes>> = {
  stdio: { [Attribute.networkTransport]: 'pipe' },
  http: { [Attribute.networkTransport]: 'tcp', [Attribute.networkProtocolName]: 'http' },
  sse: { [Attribute.networkTransport]: 'tcp', [Attribute.networkProtocolName]: 'http' },
  websocket: { [Attribute.networkTransport]: 'tcp', [Attribute.networkProtocolName]: 'websocket' },
};

const MAX_SUBJECTS = 2000;
const MAX_FAILURES = 64;

/** What calls have in common that concern the same thing: names and attributes, made once. */
export class Subject {
  readonly spanName: string;
  readonly handlerSpanName: string;
  /** For calls of tools; `_unknown` where there is no such tool. */
  readonly tool: string | undefined;
  /** Of the span and of the metrics of a call that went well. */
  readonly attributes: Attributes;
  /** Of metrics that know nothing but the tool. */
  readonly toolAttributes: Attributes;
  readonly #failures = new Map<string, Attributes>();
  readonly #toolFailures = new Map<string, Attributes>();

  constructor(call: Call, method: string) {
    const { target, transport, protocolVersion } = call;
    const name = target && target.kind !== 'resource' ? target.name : undefined;
    const isTool = method === 'tools/call';
    this.tool = isTool ? (name ?? UNKNOWN_TOOL) : undefined;
    this.handlerSpanName = `mcp.tool.${this.tool}`;
    this.toolAttributes = Object.freeze({ [Attribute.toolName]: this.tool });
    this.spanName = name === undefined ? method : `${method} ${name}`;
    this.attributes = Object.freeze({
      [Attribute.methodName]: method,
      ...(isTool && { [Attribute.toolName]: this.tool, [Attribute.operationName]: EXECUTE_TOOL }),
      ...(target?.kind === 'prompt' && { [Attribute.promptName]: name }),
      // Nothing is agreed on yet when `initialize` arrives.
      ...(method !== 'initialize' && { [Attribute.protocolVersion]: protocolVersion }),
      ...networkOf(transport),
    });
  }

  /** Of a call that failed. */
  failure(outcome: Outcome): Attributes {
    const type = errorTypeOf(outcome);
    if (type === undefined) return this.attributes;
    return remember(this.#failures, type, () => ({
      ...this.attributes,
      [Attribute.errorType]: type,
      ...('rpcCode' in outcome && { [Attribute.statusCode]: type }),
    }));
  }

  /** Of a tool that failed, with the code of the error. Codes beyond the first 64 share one. */
  toolFailure(outcome: Outcome): Attributes {
    const code = 'code' in outcome ? outcome.code : OTHER;
    const known = this.#toolFailures.size < MAX_FAILURES || this.#toolFailures.has(code) ? code : OTHER;
    return remember(this.#toolFailures, known, () => ({
      [Attribute.toolName]: this.tool,
      [Attribute.errorType]: errorTypeOf(outcome) ?? OTHER,
      [Attribute.errorCode]: known,
    }));
  }
}

/** The subjects met so far. */
export class Subjects {
  readonly #known = new Map<string, Subject>();

  of(call: Call, state: CallState | undefined): Subject {
    const method = knownMethod(call.method, state);
    const key = `${method}\n${call.target?.kind === 'resource' ? '' : call.target?.name}\n${call.transport}\n${call.protocolVersion}`;
    let subject = this.#known.get(key);
    if (subject === undefined) {
      // Tools that come and go over months: starting over costs less than to keep count.
      if (this.#known.size >= MAX_SUBJECTS) this.#known.clear();
      subject = new Subject(call, method);
      this.#known.set(key, subject);
    }
    return subject;
  }
}

/** `error.type`: the JSON-RPC code, `tool_error`, or `undefined` where nothing failed. */
export function errorTypeOf(outcome: Outcome): string | undefined {
  switch (outcome.status) {
    case 'ok':
    case 'input_required':
      return undefined;
    case 'tool_error':
      return TOOL_ERROR;
    case 'error':
    case 'denied':
      return String(outcome.rpcCode);
    case 'cancelled':
      return 'cancelled';
  }
}

export function networkOf(transport: string): Attributes {
  return Object.hasOwn(NETWORKS, transport) ? NETWORKS[transport]! : {};
}

function knownMethod(method: string, state: CallState | undefined): string {
  if (isNotification(method)) return NOTIFICATIONS.has(method) ? method : OTHER;
  return state?.served === false ? OTHER : method;
}

function remember(known: Map<string, Attributes>, key: string, make: () => Attributes): Attributes {
  const found = known.get(key);
  if (found) return found;
  const made = Object.freeze(make());
  if (known.size < MAX_FAILURES) known.set(key, made);
  return made;
}
