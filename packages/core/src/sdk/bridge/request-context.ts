import type { RequestId } from '../../protocol/json-rpc.ts';

interface AsyncContext<T> {
  run(value: T, action: () => void): void;
  getStore(): T | undefined;
}

/**
 * Which request of a server its code is working on, also where the SDK does not say: `elicitInput` of both versions
 * tells the transport of no request.
 */
export class RequestContext {
  readonly #context = AsyncLocalStorage && new AsyncLocalStorage<RequestId>();

  run(id: RequestId, action: () => void): void {
    if (this.#context) this.#context.run(id, action);
    else action();
  }

  get current(): RequestId | undefined {
    return this.#context?.getStore();
  }
}

// Not imported: the bridge also works where there is none, as long as nobody else's request is open.
const AsyncLocalStorage = (
  globalThis as {
    process?: {
      getBuiltinModule?(
        id: string,
      ): { readonly AsyncLocalStorage?: new <T>() => AsyncContext<T> } | undefined;
    };
  }
).process?.getBuiltinModule?.('node:async_hooks')?.AsyncLocalStorage;
