import { enforceAccess } from '../app/access.ts';
import { hasAsked } from '../app/call-insight.ts';
import type { Call, CallOf, MethodMiddleware, NoContext, ResultOf, Target } from '../call.ts';
import { digest } from '../digest.ts';
import { callerKey } from '../principal.ts';
import type { Store } from '../store.ts';
import { definitionKeys } from './definition-key.ts';
import { positiveMs } from '../options.ts';
import { abortError, deferred, orAborted } from '../abort.ts';

/** Options of {@link cache}. */
export interface CacheOptions<Needs extends object = NoContext> {
  /** Where results are kept, and how many. It may drop any of them at any time. */
  readonly store: Store;
  /** How long a result is used. */
  readonly ttlMs: number;
  /** Which calls to cache. Default: those of tools with `readOnlyHint`. */
  readonly when?: ((call: CallOf<'tools/call', Needs>) => boolean) | undefined;
  /** What else results depend on: any JSON. A claim of the principal, something middleware put into the context. */
  readonly vary?: ((call: CallOf<'tools/call', Needs>) => unknown) | undefined;
  /** Keeps apps apart that share a store: their results never meet. Default: `''`. */
  readonly namespace?: string | undefined;
}

/**
 * Keeps the results of read-only tools, each for the same principal, tenant, tool and arguments only. A principal
 * whose scopes or roles have changed, and a tool whose definition has, start anew. Failures, questions to the client
 * and answers to them are not kept.
 *
 * Calls that are alike and come at the same time share one run; each can be cancelled without the others.
 *
 * A result may depend on nothing else but what `vary` names. `authorize` and what else refuses calls belongs before
 * the cache: what comes after it is not asked again. A store that fails slows calls down and fails none.
 *
 * @throws {InvalidOptionError} when `ttlMs` is not above 0.
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { cache } from '@toolyard/core/middleware';
 * import { memoryStore } from '@toolyard/core/stores';
 *
 * createApp({ name: 'demo', version: '1.0.0' }).use(
 *   'tools/call',
 *   cache({ store: memoryStore({ maxEntries: 1_000 }), ttlMs: 60_000 }),
 * );
 * ```
 */
export function cache<Needs extends object = NoContext>(
  options: CacheOptions<Needs>,
): MethodMiddleware<'tools/call', NoContext, Needs> {
  const { store, when = isReadOnly, vary, namespace = '' } = options;
  const ttlMs = positiveMs('ttlMs', options.ttlMs);
  const definitionKey = definitionKeys();
  /** What runs right now. Gives the result as text, or `undefined` where it is for the call alone that runs it. */
  const running = new Map<string, Promise<string | undefined>>();

  async function keyOf(call: CallOf<'tools/call', Needs>, { name, definition }: ToolTarget): Promise<string> {
    const { scopes, roles = [] } = call.principal;
    const parts = [
      namespace,
      callerKey(call),
      scopes === '*' ? scopes : scopes.toSorted(),
      roles.toSorted(),
      name,
      await definitionKey(name, definition),
      call.params.arguments ?? {},
      vary?.(call),
    ];
    return `cache:${await digest(parts)}`;
  }

  async function read(call: Call, key: string): Promise<string | undefined> {
    try {
      const found = await orAborted(call.signal, store.get(key));
      return typeof found === 'string' ? found : undefined;
    } catch (err) {
      if (call.signal.aborted) throw abortError(call.signal.reason);
      call.log.warn({ err }, 'The cache could not be read.');
      return undefined;
    }
  }

  async function write(call: Call, key: string, text: string): Promise<void> {
    try {
      await orAborted(call.signal, store.set(key, text, { ttlMs }));
    } catch (err) {
      if (call.signal.aborted) throw abortError(call.signal.reason);
      call.log.warn({ err }, 'A result could not be cached.');
    }
  }

  return async function useCache(call, next) {
    const { target, params } = call;
    if (target?.kind !== 'tool' || bringsAnswers(params) || !when(call)) return next();
    // The arguments of what is kept were valid, but the principal may have lost access since.
    enforceAccess(target.definition.access, call.principal, 'tool', target.name);
    const key = await keyOf(call, target);

    async function run(tell?: (text: string | undefined) => void): Promise<ToolResult> {
      const result = await next();
      const text = hasAsked(call) ? undefined : textOf(result);
      tell?.(text);
      if (text !== undefined) await write(call, key, text);
      return result;
    }

    const other = running.get(key);
    if (other !== undefined) {
      const text = await orAborted(call.signal, other);
      return text === undefined ? run() : toResult(text);
    }
    const { promise, resolve } = deferred<string | undefined>();
    running.set(key, promise);
    try {
      const found = await read(call, key);
      if (found === undefined) return await run(resolve);
      resolve(found);
      return toResult(found);
    } finally {
      running.delete(key);
      resolve(undefined);
    }
  };
}

type ToolTarget = Target & { readonly kind: 'tool' };
type ToolResult = ResultOf<'tools/call'>;

function isReadOnly({ tool }: Call): boolean {
  return tool?.annotations?.readOnlyHint === true;
}

/** Whether this is a further round of a call whose handler has asked for input. */
function bringsAnswers(params: object): boolean {
  return 'inputResponses' in params || 'requestState' in params;
}

/** What other calls may get too, as JSON: by value, so that nobody changes another's. */
function textOf(result: ToolResult): string | undefined {
  if ('resultType' in result || result.isError === true) return undefined;
  try {
    return JSON.stringify(result);
  } catch {
    return undefined;
  }
}

// Only what textOf() made gets here.
function toResult(text: string): ToolResult {
  return JSON.parse(text) as ToolResult;
}
