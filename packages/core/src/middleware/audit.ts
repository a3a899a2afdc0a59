import { stateOf } from '../app/call-state.ts';
import { outcomeOfError, outcomeOfResult, type Outcome } from '../app/outcome.ts';
import type { AuditEntry, AuditSink, AuditTarget, ArgumentShape } from '../audit/record.ts';
import { declaredNames, shapeOf } from '../audit/shape.ts';
import { AuditError, Trail } from '../audit/trail.ts';
import type { Call, Middleware } from '../call.ts';
import { InvalidOptionError } from '../errors.ts';
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
   * - `log`: calls do not wait for the sink. A record that is lost is written to the app's log as an error, and the
   *   next one that is kept says how many are missing. The default.
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
  const trail = new Trail({ sink, maxQueue });
  const uris = redactor();

  /** @throws {AuditError} under `fail-call`. */
  async function keep(call: Call, entry: AuditEntry): Promise<void> {
    const kept = trail.append(entry);
    if (onSinkError === 'log') {
      kept.catch((error: unknown) => report(call, error));
      return;
    }
    using limit = call.clock.timeout(appendTimeoutMs);
    const late = new Promise<never>((_, reject) => {
      limit.signal.addEventListener('abort', () => {
        const message = `The audit sink did not answer within ${appendTimeoutMs} ms.`;
        reject(new AuditError('AUDIT_SINK_FAILED', message, entry));
      });
    });
    await Promise.race([kept, late]);
  }

  function entryOf(call: Call, startedAt: number, outcome: Outcome, result: unknown): AuditEntry {
    const { principal, client, session, tenant } = call;
    const { status, ...details } = outcome;
    const address = stateOf(call)?.exchange.peer?.address;
    return {
      time: new Date(startedAt).toISOString(),
      callId: call.id,
      principal: { id: principal.id, issuer: principal.issuer, clientId: principal.clientId },
      transport: call.transport,
      protocolVersion: call.protocolVersion,
      ...(tenant !== undefined && { tenant }),
      ...(session && { session: session.id }),
      ...(client.info && {
        client: { name: shorten(client.info.name), version: shorten(client.info.version) },
      }),
      ...(address !== undefined && { address }),
      method: shorten(call.method),
      target: targetOf(call, uris),
      outcome: status,
      ...('code' in details && { code: details.code }),
      ...('rpcCode' in details && { rpcCode: details.rpcCode }),
      durationMs: Math.max(0, call.clock.now() - startedAt),
      paramsBytes: jsonBytes(call.params),
      resultBytes: result === undefined ? 0 : jsonBytes(result),
      arguments: argumentsOf(call),
    };
  }

  async function recordCall<T>(call: Call, next: () => Promise<T>): Promise<T> {
    if (isNotification(call.method) || !selected(call.method)) return next();
    const startedAt = call.clock.now();
    if (onSinkError === 'fail-call' && trail.isFull) {
      const rpcCode = ErrorCode.internalError;
      const denied = { status: 'error', code: 'AUDIT_QUEUE_FULL', rpcCode, masked: true } as const;
      throw await trail.append(entryOf(call, startedAt, denied, undefined)).catch((error: unknown) => error);
    }
    let result: T;
    try {
      result = await next();
    } catch (error) {
      await keep(call, entryOf(call, startedAt, outcomeOfError(call, error), undefined)).catch(
        (lost: unknown) => report(call, lost),
      );
      throw error;
    }
    await keep(call, entryOf(call, startedAt, outcomeOfResult(result), result));
    return result;
  }

  return Object.assign(recordCall as Middleware, { flush: () => trail.flush(), close: () => trail.close() });
}

function report(call: Call, error: unknown): void {
  const entry = error instanceof AuditError ? error.entry : undefined;
  call.log.error({ err: error, auditEntry: entry }, 'An audit record is lost.');
}

/** Also where there is no such thing: what somebody asked for in vain is worth knowing. */
function targetOf({ target, method, params }: Call, uris: Redactor): AuditTarget | undefined {
  if (target && target.kind !== 'resource') return { kind: target.kind, name: target.name, known: true };
  const { name, uri } = params;
  if (method.startsWith('resources/') && typeof uri === 'string') {
    return { kind: 'resource', name: uris.text(uri.slice(0, MAX_URI_LENGTH)), known: target !== undefined };
  }
  if (typeof name !== 'string' || (method !== 'tools/call' && method !== 'prompts/get')) return undefined;
  return { kind: method === 'tools/call' ? 'tool' : 'prompt', name: shorten(name), known: false };
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
