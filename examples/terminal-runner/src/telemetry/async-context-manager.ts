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
      storage.run(context, () => run.call(thisArgument as ThisParameterType<typeof run>, ...args)),
    bind: (context, target) => (typeof target === 'function' ? bindFunction(storage, context, target) : target),
    enable: () => manager,
    disable() {
      storage.disable();
      return manager;
    },
  };
  return manager;
}

function bindFunction<Target>(
  storage: AsyncLocalStorage<Context>,
  context: Context,
  target: Target & Function,
): Target {
  const bound = function (this: unknown, ...args: unknown[]): unknown {
    return storage.run(context, () => Reflect.apply(target, this, args));
  };
  return Object.defineProperty(bound, 'length', { value: target.length }) as Target;
}
