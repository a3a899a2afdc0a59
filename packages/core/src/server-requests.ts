import type { Clock } from './clock.ts';
import { CancelledError, LimitExceededError, TimeoutError, ToolError } from './errors.ts';
import {
  kindOf,
  type JsonRpcErrorResponse,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResultResponse,
  type RequestId,
} from './protocol/json-rpc.ts';
import type { JsonObject, ServerRequest } from './protocol/messages.ts';

/** Options of {@link ServerRequests}. */
export interface ServerRequestsOptions {
  readonly clock: Clock;
  /** How long the client may take: the app's `inputTimeoutMs`. */
  readonly timeoutMs: number;
  /** Questions that may be open at once. Default 1000. */
  readonly maxPending?: number;
}

interface Pending {
  readonly method: string;
  readonly resolve: (result: JsonObject) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The requests of a server to one legacy client, until they are answered: ids, matching, timeouts, cancellation. For
 * transports, which offer {@link ServerRequests.request} as `Exchange.request`.
 */
export class ServerRequests {
  readonly #options: ServerRequestsOptions;
  readonly #pending = new Map<RequestId, Pending>();
  #lastId = 0;
  #closed: unknown = undefined;

  constructor(options: ServerRequestsOptions) {
    this.#options = options;
  }

  /**
   * Asks the client.
   *
   * @param send - writes to the client. Must not throw, not even when the client is gone.
   * @throws {ToolError} `CLIENT_ERROR` when it answers with an error, `TIMEOUT` when it does not answer; the reason of
   * `signal`, of which the client is told, when that aborts.
   */
  async request(
    request: ServerRequest,
    signal: AbortSignal,
    send: (message: JsonRpcRequest | JsonRpcNotification) => void,
  ): Promise<JsonObject> {
    const { clock, timeoutMs, maxPending = 1000 } = this.#options;
    signal.throwIfAborted();
    if (this.#closed !== undefined) throw this.#closed;
    if (this.#pending.size >= maxPending) {
      throw new LimitExceededError(`The client has ${maxPending} unanswered requests, its limit.`);
    }
    this.#lastId += 1;
    const id = this.#lastId;
    const { method, params } = request;
    return new Promise<JsonObject>((resolve, reject) => {
      const giveUp = (error: unknown) => {
        settle();
        reject(error);
        const reason = error instanceof Error ? error.message : undefined;
        send({
          jsonrpc: '2.0',
          method: 'notifications/cancelled',
          params: { requestId: id, ...(reason && { reason }) },
        });
      };
      const onAbort = () => giveUp(signal.reason);
      const timer = clock.after(timeoutMs, () =>
        giveUp(new TimeoutError(`The client's answer to ${method}`, timeoutMs)),
      );
      const settle = () => {
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
        this.#pending.delete(id);
      };
      signal.addEventListener('abort', onAbort);
      this.#pending.set(id, {
        method,
        resolve: (result) => {
          settle();
          resolve(result);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      try {
        send({ jsonrpc: '2.0', id, method, ...(params !== undefined && { params: params as JsonObject }) });
      } catch (error) {
        settle();
        throw error;
      }
    });
  }

  /** Takes what a client sent as an answer. One that nobody waits for any more is ignored. */
  settle(response: JsonRpcResultResponse | JsonRpcErrorResponse): void {
    const waiting = response.id === null ? undefined : this.#pending.get(response.id);
    if (!waiting) return;
    const { method } = waiting;
    if (kindOf(response) !== 'response') {
      waiting.reject(
        new ToolError('CLIENT_ERROR', `The client's answer to ${method} is not a JSON-RPC response.`),
      );
    } else if ('error' in response) {
      const { code, message, data } = response.error;
      const details = { rpcCode: code, ...(data !== undefined && { data }) };
      waiting.reject(
        new ToolError('CLIENT_ERROR', `The client answered ${method} with an error: ${message}`, {
          data: details,
        }),
      );
    } else {
      waiting.resolve(response.result);
    }
  }

  /** Rejects what is open and all that is still to come: the client is gone. */
  close(reason: unknown = new CancelledError('The client is gone.')): void {
    this.#closed ??= reason;
    for (const { reject } of this.#pending.values()) reject(reason);
  }
}
