import { enforceAccess } from '../app/access.ts';
import { lateResult } from '../app/call-insight.ts';
import type { Call, MethodMiddleware, ResultOf } from '../call.ts';
import { InvalidOptionError, InvalidParamsError, ProtocolError, ToolError } from '../errors.ts';
import { metaOf } from '../protocol/envelope.ts';
import { ErrorCode } from '../protocol/error-codes.ts';
import { digest } from '../digest.ts';
import { callerKey } from '../principal.ts';
import type { Store } from '../store.ts';
import { positiveMs } from '../options.ts';
import { orAborted } from '../abort.ts';

/** Options of {@link idempotency}. */
export interface IdempotencyOptions {
  /**
   * Where claims and results are kept. It has to be atomic, and should be no other's, with bounds that are not
   * reached: a claim that makes room for something else protects nothing.
   */
  readonly store: Store;
  /** How long a result is given again. */
  readonly ttlMs: number;
  /**
   * How long a key stays taken when its call never ends because the process died. Has to be longer than the longest
   * call, questions to a person included. Default 900 000.
   */
  readonly claimTtlMs?: number | undefined;
  /** Where in `params._meta` the key is. Default `toolyard/idempotencyKey`. */
  readonly metaKey?: string | undefined;
  /** Keeps apps apart that share a store. Default `''`. */
  readonly namespace?: string | undefined;
}

/**
 * Makes repeats of a tool call harmless: of the calls a principal sends to a tool with the same key, one runs, and the
 * others get its result. Calls without a key are left alone.
 *
 * - While the first one runs, others are told `IN_PROGRESS`.
 * - The same key with other arguments is refused with `IDEMPOTENCY_KEY_REUSED`.
 * - A call that fails, answers with `isError` or asks for input gives the key back.
 * - A handler that goes on although its client is gone keeps the key until it has ended; when the client calls again,
 *   it gets the result.
 *
 * A result too large for the store is not given again: repeats are told `ALREADY_DONE`. A store that fails before
 * the call has run fails it.
 *
 * @throws {InvalidOptionError} also for a store that says it is not atomic.
 *
 * @example
 * ```ts
 * import { createApp, defineTool } from '@toolyard/core';
 * import { idempotency } from '@toolyard/core/middleware';
 * import { memoryStore } from '@toolyard/core/stores';
 *
 * const order = defineTool({ name: 'order', run: () => ({ number: crypto.randomUUID() }) });
 * const app = createApp({ name: 'shop', version: '1.0.0' })
 *   .use('tools/call', idempotency({ store: memoryStore(), ttlMs: 24 * 3_600_000 }))
 *   .add(order);
 *
 * const meta = { 'toolyard/idempotencyKey': 'cart-1' };
 * const first = await app.call(order, {}, { meta });
 * const again = await app.call(order, {}, { meta }); // the same number
 * ```
 */
export function idempotency(options: IdempotencyOptions): MethodMiddleware<'tools/call'> {
  const { metaKey = 'toolyard/idempotencyKey', namespace = '' } = options;
  const claims = createClaims(options);

  return async function runOnce(call, next) {
    const { target } = call;
    const sent = metaOf(call.params)?.[metaKey];
    if (target?.kind !== 'tool' || sent === undefined) return next();
    if (typeof sent !== 'string' || sent.length === 0 || sent.length > 256) {
      throw new InvalidParamsError(`params._meta["${metaKey}"] must be a string of 1 to 256 characters.`);
    }
    // Who may no longer call the tool gets no results of it either.
    enforceAccess(target.definition.access, call.principal, 'tool', target.name);

    const key = `idempotency:${await digest([namespace, callerKey(call), target.name, sent])}`;
    const request = await digest(call.params.arguments ?? {});
    const claim = await claims.take(call, key, request);
    if (claim === undefined) return repeat(await claims.find(call, key), request);

    let result: ToolResult;
    try {
      result = await next();
    } catch (error) {
      const late = lateResult(call) as Promise<ToolResult> | undefined;
      if (late)
        void late.then(
          (brought) => claim.settle(brought),
          () => claim.settle(),
        );
      else if (call.signal.aborted) void claim.settle();
      // Whoever is told of the failure can try again at once.
      else await orAborted(call.signal, claim.settle()).catch(() => {});
      throw error;
    }
    await orAborted(call.signal, claim.settle(result));
    return result;
  };
}

type ToolResult = ResultOf<'tools/call'>;

/** The right to run the call of a key. */
interface Claim {
  /** Keeps the result for repeats; without one that can be repeated, gives the key back. Never rejects. */
  settle(result?: ToolResult): Promise<void>;
}

/** What a key stands for. */
interface Entry {
  /** Digest of the arguments. */
  readonly request: string;
  /** Absent while the call runs; `null` when it could not be kept; otherwise JSON, so that repeats get it by value. */
  readonly result?: string | null;
}

function createClaims({ store, ttlMs, claimTtlMs = 900_000 }: IdempotencyOptions) {
  positiveMs('ttlMs', ttlMs);
  positiveMs('claimTtlMs', claimTtlMs);
  if (store.atomic === false) {
    throw new InvalidOptionError('store', 'has to be atomic, or two calls could both get the key');
  }

  async function keep(call: Call, key: string, request: string, result: ToolResult): Promise<void> {
    try {
      await store.set(key, { request, result: JSON.stringify(result) }, { ttlMs });
    } catch (err) {
      call.log.error({ err }, 'The result of a call with an idempotency key could not be kept.');
      await store.set(key, { request, result: null }, { ttlMs });
    }
  }

  function claimOf(call: Call, key: string, request: string): Claim {
    const endsAt = call.clock.now() + claimTtlMs;
    return {
      async settle(result) {
        // Once the claim has run out, the key may be another's.
        if (call.clock.now() >= endsAt) return;
        try {
          if (result !== undefined && isDone(result)) await keep(call, key, request, result);
          else await store.delete(key);
        } catch (err) {
          call.log.error(
            { err },
            'An idempotency key could not be settled; it stays taken until its claim runs out.',
          );
        }
      },
    };
  }

  return {
    /** The claim, or `undefined` when the key is taken. */
    async take(call: Call, key: string, request: string): Promise<Claim | undefined> {
      const claim = claimOf(call, key, request);
      const created = store.create(key, { request }, { ttlMs: claimTtlMs });
      try {
        return (await orAborted(call.signal, created)) ? claim : undefined;
      } catch (error) {
        // Given up while the store was at it: nobody else is left to give the key back.
        created.then((late) => (late ? claim.settle() : undefined)).catch(() => {});
        throw error;
      }
    },
    find: (call: Call, key: string) => orAborted(call.signal, store.get(key)) as Promise<Entry | undefined>,
  };
}

/** The answer to a call whose key is taken. */
function repeat(entry: Entry | undefined, request: string): ToolResult {
  if (entry !== undefined && entry.request !== request) {
    throw new ProtocolError(ErrorCode.invalidParams, 'This idempotency key was used with other arguments.', {
      code: 'IDEMPOTENCY_KEY_REUSED',
      data: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
  }
  if (entry?.result === null) {
    throw new ToolError('ALREADY_DONE', 'This call was carried out before; its result was not kept.');
  }
  if (entry?.result !== undefined) return JSON.parse(entry.result) as ToolResult;
  throw new ProtocolError(
    ErrorCode.limitExceeded,
    'A call with this idempotency key is running; try again later.',
    {
      code: 'IN_PROGRESS',
      data: { code: 'IN_PROGRESS', retryAfterMs: 1_000 },
    },
  );
}

function isDone(result: ToolResult): boolean {
  return !('resultType' in result) && result.isError !== true;
}
