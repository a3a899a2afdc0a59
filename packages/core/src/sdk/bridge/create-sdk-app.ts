import { createApp, type App } from '../../app/app.ts';
import type { AppOptions } from '../../app/create-core.ts';
import type { Call } from '../../call.ts';
import { systemClock } from '../../clock.ts';
import { ShutdownError } from '../../errors.ts';
import { positiveInteger, positiveMs } from '../../options.ts';
import type { SdkAuthInfo } from '../sdk-server.ts';
import { HostConnections, type SdkServerSource } from './host-connections.ts';
import { Mirror } from './mirror.ts';
import { authInfoOf, createRelay } from './relay.ts';
import { subscribeAtHost } from './subscribe-at-host.ts';
import { WaitingCalls } from './waiting-calls.ts';

/** How a server of the official SDK becomes an app. */
export interface SdkAppOptions {
  /** Options of the app. Name, version and instructions are those of the server unless given here. */
  readonly app?: Partial<AppOptions>;
  /**
   * What handlers of the server see as `authInfo`. Default: scopes, client and `extra.sub` of the principal, without
   * a token; nothing for `anonymous` and `local`.
   */
  readonly authInfo?: (call: Call) => SdkAuthInfo | undefined;
  /** With a function that makes servers: how many may be open at once. Default 1000. */
  readonly maxSessions?: number;
  /** With a function that makes servers: one that was not used for so long is closed. Default 600 000. */
  readonly sessionIdleMs?: number;
}

export async function createSdkApp(source: SdkServerSource, options: SdkAppOptions): Promise<App> {
  const { maxSessions = 1000, sessionIdleMs = 600_000 } = options;
  let mirror: Mirror | undefined;
  const connections = new HostConnections(source, {
    clock: options.app?.clock ?? systemClock,
    maxSessions: positiveInteger('maxSessions', maxSessions),
    sessionIdleMs: positiveMs('sessionIdleMs', sessionIdleMs),
    onNotification: (notification) => mirror?.hear(notification),
  });
  try {
    const connection = await connections.openShared();
    const { serverInfo, instructions } = connection.description;
    const app: App = createApp({ ...serverInfo, ...(instructions && { instructions }), ...options.app });
    const waiting = new WaitingCalls(app.clock, app.inputTimeoutMs);
    mirror = new Mirror(
      app,
      connection,
      connections,
      createRelay(connections, waiting, options.authInfo ?? authInfoOf),
    );
    if (connection.description.capabilities.resources?.subscribe) subscribeAtHost(app, connection);
    await mirror.fill();
    return app.onClose(async () => {
      waiting.close(new ShutdownError());
      await connections.close();
    });
  } catch (error) {
    await connections.close();
    throw error;
  }
}
