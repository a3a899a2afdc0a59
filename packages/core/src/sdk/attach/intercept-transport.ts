import type { SdkTransport } from '../sdk-server.ts';

type Handler = (...args: any[]) => unknown;

/** Stands between a transport and the server that is connected to it. */
export interface Interceptor {
  /** A message of the client; `deliver` gives it to the server. */
  received(message: unknown, extra: unknown, deliver: (message: unknown, extra: unknown) => void): void;
  /** A message of the server, to be written with the transport's own `send`. */
  sent(message: unknown, options: unknown): Promise<void>;
  closed(): void;
}

/**
 * The transport as the server sees it, with an interceptor on both ways. All else is the transport itself, so that
 * `instanceof` and members of its own keep working.
 */
export function interceptTransport(transport: SdkTransport, interceptor: Interceptor): SdkTransport {
  const bound = new Map<Handler, Handler>();
  return new Proxy(transport, {
    get(target, key) {
      if (key === 'send') return (message: unknown, options: unknown) => interceptor.sent(message, options);
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function' || key === 'constructor' || isCallback(key)) return value;
      // Methods with private fields want the transport as `this`.
      let method = bound.get(value as Handler);
      if (!method) bound.set(value as Handler, (method = (value as Handler).bind(target)));
      return method;
    },
    set(target, key, value: unknown) {
      return Reflect.set(
        target,
        key,
        typeof value === 'function' ? wrap(key, value as Handler) : value,
        target,
      );
    },
  });

  function wrap(key: string | symbol, handler: Handler): Handler {
    if (key === 'onmessage') {
      return (message: unknown, extra: unknown) => interceptor.received(message, extra, handler);
    }
    if (key !== 'onclose') return handler;
    return () => {
      try {
        interceptor.closed();
      } finally {
        handler();
      }
    };
  }
}

function isCallback(key: string | symbol): boolean {
  return typeof key === 'string' && key.startsWith('on');
}
