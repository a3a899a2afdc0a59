import { AsyncLocalStorage } from 'node:async_hooks';
import { ROOT_CONTEXT, type Context, type ContextManager } from '@opentelemetry/api';

/**
 * Carries the active span through `await` and callbacks, so that what a handler starts becomes a child of its span and
 * its log lines get the trace id.
 */
export function asyncContextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (context, run, thisArgument, ...args) =>
      storage.run(context, () => Reflect.apply(run, thisArgument, args)),
    bind: (context, target) =>
      isFunction(target) ? storage.run(context, () => AsyncLocalStorage.bind(target)) : target,
    enable: () => manager,
    disable() {
      storage.disable();
      return manager;
    },
  };
  return manager;
}

function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function';
}
