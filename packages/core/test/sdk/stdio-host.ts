// A host's own server over stdio, with an app attached that mounts another server: for tests in a process of its own.
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { McpServer } from '@modelcontextprotocol/server';
import { McpServer as ServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { serveStdio } from '@modelcontextprotocol/server/stdio';

import { local } from '../../src/index.ts';
import { attachToV1, createV1App } from '../../src/sdk-v1.ts';
import { attachToV2 } from '../../src/sdk-v2.ts';
import { demoApp } from './demo-app.ts';
import { notebookV1 } from './notebooks.ts';

const { app } = demoApp();
app.remove({ kind: 'resource', name: 'note://{id}' }); // URIs keep their names, and the notebook has this one too
app.mount('book', await createV1App(notebookV1()));
const theirs = () => ({ content: [] });

if (process.argv[2] === 'v1') {
  const server = new ServerV1({ name: 'host', version: '1.0.0' });
  server.registerTool('theirs', {}, theirs);
  attachToV1(app, server, { principal: local, transportName: 'stdio' });
  await server.connect(new StdioServerTransport());
} else {
  serveStdio(() => {
    const server = new McpServer({ name: 'host', version: '1.0.0' });
    server.registerTool('theirs', {}, theirs);
    attachToV2(app, server, { principal: local, transportName: 'stdio' });
    return server;
  });
}
