import { stateOf } from '../app/call-state.ts';
import { outcomeOfError, outcomeOfResult, type Outcome } from '../app/outcome.ts';
import type { ArgumentShape, AuditEntry, AuditPrincipal, AuditSink, AuditTarget } from '../audit/record.ts';
import { declaredNames, shapeOf } from '../audit/shape.ts';
import { AuditError, AuditTrail } from '../audit/trail.ts';
import type { Call, Middleware } from '../call.ts';
import { InvalidOptionError } from '../errors.ts';
import type { Principal } from '../principal.ts';
import { ErrorCode } from '../protocol/error-codes.ts';
import { redactor, type Redactor } from '../redaction/redactor.ts';
import { shorten } from '../shorten.ts';
import { jsonBytes } from '../json-bytes.ts';
import { isNotification } from './methods.ts';
import { selectMethods, type MethodSelection } from './selection.ts';

/** Options of {@link audit}. */
export interface AuditOptions extends MethodSelection {
  /** Where records go: `jsonLinesAuditSink`, `sqliteAuditSink`, or your own. */
  readonly sink: AuditSink;
  /**
   * What happens when a record cannot be kept.
   *
   * - `log`: calls do not wait for the sink. Our own sinks get the records of some milliseconds together: a process
   *   that is killed takes these along. A record that is lost is written to the app's log as an error, and the next
   *   one that is kept says how many are missing. The default.
   * - `fail-call`: an answer waits until its record is kept, and becomes an error if it is not. The handler has run by
   *   then. While the queue is full, calls are refused before anything happens.
   */
  readonly onSinkError?: 'log' | 'fail-call' | undefined;
  /** Records that may wait for a slow sink. Default: 10 000. */
  readonly maxQueue?: number | undefined;
  /** `fail-call`: how long an answer waits for the sink. Default: 5 000. */
  readonly appendTimeoutMs?: number | undefined;
}

/** The middleware, and the way to end well. */
export interface AuditMiddleware extends Middleware {
  /** Resolves when all records so far were kept or have failed. */
  flush(): Promise<void>;
  /** Flushes, and closes the sink. */
  close(): Promise<void>;
}

/** Short enough that hardly a record is lost with the process, long enough that under load many share a commit. */
const GATHER_MS = 5;
const MAX_URI_LENGTH = 2048;
const NOTHING_DECLARED: ReadonlySet<string> = new Set();

/**
 * Keeps one record per request: who asked for what, when, from where, and how it ended, also when it was denied or
 * failed. Records form a hash chain, see `verifyAuditChain`.
 *
 * Of arguments, names and types are recorded, never values; names that the tool's schema does not declare become `*`.
 * Results and messages are not recorded.
 *
 * Make it the outermost middleware but for `telemetry`: what is refused outside of it leaves no record. Notifications
 * have none, and neither do requests that are no valid JSON-RPC.
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { audit } from '@toolyard/core/middleware';
 * import { sqliteAuditSink } from '@toolyard/core/stores';
 *
 * const trail = audit({ sink: sqliteAuditSink({ path: ':memory:' }), except: ['ping'] });
 * const app = createApp({ name: 'demo', version: '1.0.0' }).use(trail);
 * app.onClose(() => trail.close());
 * ```
 */
export function audit(options: AuditOptions): AuditMiddleware {
  const { sink, onSinkError = 'log', maxQueue = 10_000, appendTimeoutMs = 5_000 } = options;
  if (typeof sink?.append !== 'function') throw new InvalidOptionError('sink', 'must have append()');
  if (!['log', 'fail-call'].includes(onSinkError))
    throw new InvalidOptionError('onSinkError', 'must be log or fail-call');
  for (const [option, value] of Object.entries({ maxQueue, appendTimeoutMs })) {
    if (!(value > 0)) throw new InvalidOptionError(option, 'must be above 0');
  }
  const selected = selectMethods(options);
  const waits = onSinkError === 'fail-call';
  const trail = new AuditTrail({ sink, maxQueue, gatherMs: waits ? 0 : GATHER_MS });
  const uris = redactor();

  function keepLater(call: Call, entry: AuditEntry): void {
    trail.add(entry, (error) => {
      // A logger that throws must not stop the trail.
      if (error) queueMicrotask(() => report(call, error));
    });
  }

  /** @throws {AuditError} when the record is not kept in time. */
  function keepNow(call: Call, entry: AuditEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = call.clock.after(appendTimeoutMs, () => {
        const message = `The audit sink did not answer within ${appendTimeoutMs} ms.`;
        reject(new AuditError('AUDIT_SINK_FAILED', message, entry));
      });
      trail.add(entry, (error) => {
        timer.cancel();
        if (error) reject(error);
        else resolve();
      });
    });
  }

  function entryOf(call: Call, startedAt: number, outcome: Outcome, result: unknown): AuditEntry {
    const { principal, client, session, tenant } = call;
    const address = stateOf(call)?.exchange.peer?.address;
    const entry: Writable<AuditEntry> = {
      time: new Date(startedAt).toISOString(),
      callId: call.id,
      principal: principalOf(principal),
      transport: call.transport,
      protocolVersion: call.protocolVersion,
      method: shorten(call.method),
      outcome: outcome.status,
      durationMs: Math.max(0, call.clock.now() - startedAt),
      paramsBytes: jsonBytes(call.params),
      resultBytes: result === undefined ? 0 : jsonBytes(result),
    };
    if (tenant !== undefined) entry.tenant = tenant;
    if (session) entry.session = session.id;
    if (client.info)
      entry.client = { name: shorten(client.info.name), version: shorten(client.info.version) };
    if (address !== undefined) entry.address = address;
    const target = targetOf(call, uris);
    if (target) entry.target = target;
    if ('code' in outcome) entry.code = outcome.code;
    if ('rpcCode' in outcome) entry.rpcCode = outcome.rpcCode;
    const args = argumentsOf(call);
    if (args !== undefined) entry.arguments = args;
    return entry;
  }

  async function recordCall<T>(call: Call, next: () => Promise<T>): Promise<T> {
    if (isNotification(call.method) || !selected(call.method)) return next();
    const startedAt = call.clock.now();
    if (waits && trail.isFull) {
      const rpcCode = ErrorCode.internalError;
      const denied = { status: 'error', code: 'AUDIT_QUEUE_FULL', rpcCode, masked: true } as const;
      throw await trail.append(entryOf(call, startedAt, denied, undefined)).catch((error: unknown) => error);
    }
    let result: T;
    try {
      result = await next();
    } catch (error) {
      const entry = entryOf(call, startedAt, outcomeOfError(call, error), undefined);
      if (waits) await keepNow(call, entry).catch((lost: unknown) => report(call, lost));
      else keepLater(call, entry);
      throw error;
    }
    const entry = entryOf(call, startedAt, outcomeOfResult(result), result);
    if (waits) await keepNow(call, entry);
    else keepLater(call, entry);
    return result;
  }

  return Object.assign(recordCall as Middleware, { flush: () => trail.flush(), close: () => trail.close() });
}

type Writable<T> = { -readonly [Field in keyof T]: T[Field] };

/** Its keys in order, which is how they are hashed. */
function principalOf({ clientId, id, issuer }: Principal): AuditPrincipal {
  return { clientId, id, issuer };
}

function report(call: Call, error: unknown): void {
  const entry = error instanceof AuditError ? error.entry : undefined;
  call.log.error({ err: error, auditEntry: entry }, 'An audit record is lost.');
}

/** Also where there is no such thing: what somebody asked for in vain is worth knowing. */
function targetOf({ target, method, params }: Call, uris: Redactor): AuditTarget | undefined {
  if (target && target.kind !== 'resource') return { kind: target.kind, known: true, name: target.name };
  const { name, uri } = params;
  if (method.startsWith('resources/') && typeof uri === 'string') {
    return { kind: 'resource', known: target !== undefined, name: uris.text(uri.slice(0, MAX_URI_LENGTH)) };
  }
  if (typeof name !== 'string' || (method !== 'tools/call' && method !== 'prompts/get')) return undefined;
  return { kind: method === 'tools/call' ? 'tool' : 'prompt', known: false, name: shorten(name) };
}

function argumentsOf(call: Call): ArgumentShape | undefined {
  const args = call.params['arguments'];
  return args === undefined ? undefined : shapeOf(args, namesFor(call));
}

function namesFor(call: Call): ReadonlySet<string> {
  const { target } = call;
  const catalog = stateOf(call)?.core.catalog;
  if (!catalog || !target) return NOTHING_DECLARED;
  const tool = target.kind === 'tool' ? catalog.tools.get(target.name)?.compiled.description : undefined;
  if (tool) return declaredNames(tool.inputSchema);
  const prompt =
    target.kind === 'prompt' ? catalog.prompts.get(target.name)?.compiled.description : undefined;
  return new Set(prompt?.arguments?.map(({ name }) => name));
}
