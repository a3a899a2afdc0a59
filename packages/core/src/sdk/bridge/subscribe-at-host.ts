import type { App } from '../../app/app.ts';
import type { MethodMiddleware } from '../../call.ts';
import type { HostConnection } from './host-connection.ts';

/** Resources that are watched for their subscribers. Those that come later hear only what the server tells unasked. */
const MAX_URIS = 1000;

/**
 * Subscribes at the server to what clients subscribe to here, once for all of them and for as long as the connection
 * lasts: who leaves without a word is not worth watching for.
 */
export function subscribeAtHost(app: App, connection: HostConnection): void {
  const uris = new Set<string>();
  const watch = (uri: unknown) => {
    if (typeof uri !== 'string' || uris.has(uri) || uris.size >= MAX_URIS) return;
    uris.add(uri);
    connection.setup('resources/subscribe', { uri }).catch((err: unknown) => {
      uris.delete(uri);
      app.logger.warn({ err, uri }, 'A mounted server refused a subscription.');
    });
  };
  const subscribeLegacy: MethodMiddleware<'resources/subscribe'> = async (call, next) => {
    const answer = await next();
    watch(call.params.uri);
    return answer;
  };
  const subscribeModern: MethodMiddleware<'subscriptions/listen'> = async (call, next) => {
    const wanted: unknown = call.params.notifications?.resourceSubscriptions;
    if (Array.isArray(wanted)) wanted.forEach(watch);
    return next();
  };
  app.use('resources/subscribe', subscribeLegacy).use('subscriptions/listen', subscribeModern);
}
