import type { App } from '../../app/app.ts';
import { capabilitiesOf } from '../../app/capabilities.ts';
import type { Awaitable } from '../../awaitable.ts';
import { ToolyardError } from '../../errors.ts';
import type { Principal } from '../../principal.ts';
import { coreOf } from '../core-of.ts';
import { protocolServerOf, type AnySdkServer, type SdkTransport } from '../sdk-server.ts';
import { AttachedConnection } from './attached-connection.ts';
import type { SdkMessageInfo } from './identity.ts';
import { interceptTransport } from './intercept-transport.ts';

/** How an app is attached to a server of the official SDK. */
export interface AttachOptions {
  /**
   * On whose behalf messages come. Default: who the host's token check names, by `authInfo.extra.sub` where that is
   * set, else by the token; `anonymous`, who may do nothing guarded, without a token. Pass `local` for a server over
   * stdio, whose user started it.
   */
  readonly principal?: Principal | ((info: SdkMessageInfo) => Awaitable<Principal>);
  /** The tenant they belong to. Default: none. */
  readonly tenant?: (info: SdkMessageInfo) => string | undefined;
  /** What the app sees as `call.transport`. Default: `http` for messages that came by HTTP, else `sdk`. */
  readonly transportName?: string;
}

/**
 * Lets the app answer its part of all connections the server will have.
 *
 * The transport handed to `connect` is intercepted, since handlers cannot be shared: the SDK knows one per method, and
 * gives nobody the one that is there. What the app does not have goes on to the server untouched.
 */
export function attach(app: App<any, any>, server: AnySdkServer, options: AttachOptions): void {
  const host = protocolServerOf(server);
  if (host.transport !== undefined) {
    throw new ToolyardError('ALREADY_CONNECTED', 'The server is connected already. Attach the app before.');
  }
  host.registerCapabilities(capabilitiesOf(coreOf(app)));
  const connect = host.connect.bind(host);
  host.connect = async (transport: SdkTransport) =>
    connect(interceptTransport(transport, new AttachedConnection(app, transport, options)));
}
