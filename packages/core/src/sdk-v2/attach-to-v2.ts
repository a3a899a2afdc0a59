import type { App } from '../app/app.ts';
import { attach, type AttachOptions } from '../sdk/attach/attach.ts';
import type { AnySdkServer } from '../sdk/sdk-server.ts';

/**
 * Serves an app through a server of `@modelcontextprotocol/server` 2.x that the host already has, beside what that
 * serves itself, to clients of both eras. Tools, resources, prompts and completion of the app go through its own
 * pipeline, with progress, log messages, cancellation and questions to the client; the lists show both, the host's part
 * first. The host serves as before: `connect`, or a factory for `createMcpHandler` and `serveStdio`.
 *
 * What both have under one name is the app's. Attach before the server is connected, once per server: in a factory,
 * to each one it makes. Behind `createMcpHandler` add {@link forwardChanges}, and give the app `secrets` if it asks
 * questions and several processes serve it.
 *
 * @param server - an `McpServer` or a `Server`.
 * @throws {ToolyardError} `ALREADY_CONNECTED`
 *
 * @example
 * ```ts
 * import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
 * import { createApp, defineTool } from '@toolyard/core';
 * import { attachToV2, forwardChanges } from '@toolyard/core/sdk-v2';
 *
 * const app = createApp({ name: 'ours', version: '1.0.0' }).add(defineTool({ name: 'ours', run: () => 'done' }));
 *
 * const handler = createMcpHandler(() => {
 *   const server = new McpServer({ name: 'host', version: '1.0.0' });
 *   server.registerTool('theirs', { description: 'A tool of the host.' }, () => ({ content: [] }));
 *   attachToV2(app, server);
 *   return server;
 * });
 * forwardChanges(app, handler.notify);
 * ```
 */
export function attachToV2(app: App<any, any>, server: AnySdkServer, options: AttachOptions = {}): void {
  attach(app, server, options);
}
