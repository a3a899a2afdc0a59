import type { App } from '../app/app.ts';
import { createSdkApp, type SdkAppOptions } from '../sdk/bridge/create-sdk-app.ts';
import type { SdkServerSource } from '../sdk/bridge/host-connections.ts';

/**
 * Makes an app of a server of `@modelcontextprotocol/sdk` 1.x, to be served or mounted: its tools, resources and prompts
 * gain middleware, limits, audit, all transports and both eras. What the server adds and removes is followed live.
 * Progress, log messages, cancellation and questions to the client are passed on; a 2026 client that was asked comes
 * back to the handler that asked, if it reaches the same process within the app's `inputTimeoutMs`. The SDK itself
 * gives a question up after 60 s, unless the handler passes it a `timeout`.
 *
 * A server is shared by everybody: it sees one client that can be asked everything, and who calls as `authInfo`. Pass a
 * function to have one made for each session (of clients without: for each caller), which then sees the client as it
 * is; lists come from one more, without `authInfo`. Closing the app closes them all.
 *
 * Characters that model vendors refuse in names become `_`. Messages of errors in the server's results reach
 * clients as they are; what it throws besides is masked.
 *
 * @param server - an `McpServer` or a `Server` that is not connected, or a function that makes one.
 * @throws {ToolyardError} `TIMEOUT` when the server does not say what it has within 30 s.
 * @throws {ProtocolError} what it answers instead.
 *
 * @example
 * ```ts
 * import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
 * import { createApp } from '@toolyard/core';
 * import { createV1App } from '@toolyard/core/sdk-v1';
 *
 * const server = new McpServer({ name: 'notes', version: '1.0.0' });
 * server.registerTool('list', {}, () => ({ content: [{ type: 'text', text: 'Nothing yet.' }] }));
 *
 * const notes = await createV1App(server);
 * const app = createApp({ name: 'office', version: '1.0.0' }).mount('notes', notes);
 * app.onClose(() => notes.close());
 *
 * await app.call('notes_list');
 * ```
 */
export function createV1App(server: SdkServerSource, options: SdkAppOptions = {}): Promise<App> {
  return createSdkApp(server, options);
}
