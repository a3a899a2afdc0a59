import type { App } from '../app/app.ts';
import { attach, type AttachOptions } from '../sdk/attach/attach.ts';
import type { AnySdkServer } from '../sdk/sdk-server.ts';

/**
 * Serves an app through a server of `@modelcontextprotocol/sdk` 1.x that the host already has, beside what that serves
 * itself. Tools, resources, prompts and completion of the app go through its own pipeline, with progress, log
 * messages, cancellation and questions to the client; the lists show both, the host's part first. The host connects the
 * server to transports as before.
 *
 * What both have under one name is the app's. Attach before the server is connected, once per server.
 *
 * @param server - an `McpServer` or a `Server`.
 * @throws {ToolyardError} `ALREADY_CONNECTED`
 *
 * @example
 * ```ts
 * import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
 * import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
 * import { createApp, defineTool, local } from '@toolyard/core';
 * import { attachToV1 } from '@toolyard/core/sdk-v1';
 *
 * const server = new McpServer({ name: 'host', version: '1.0.0' });
 * server.registerTool('theirs', { description: 'A tool of the host.' }, () => ({ content: [] }));
 *
 * const app = createApp({ name: 'ours', version: '1.0.0' }).add(defineTool({ name: 'ours', run: () => 'done' }));
 * attachToV1(app, server, { principal: local });
 * await server.connect(new StdioServerTransport());
 * ```
 */
export function attachToV1(app: App<any, any>, server: AnySdkServer, options: AttachOptions = {}): void {
  attach(app, server, options);
}
