import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { FastMCP } from 'fastmcp';
import { runServer } from '../../../src/harness/run-server.ts';
import { echoInput, echoResult } from './echo.ts';

// The mcp-proxy it runs on prints two lines for every session that is closed.
const { log } = console;
console.log = (...words: unknown[]): void => {
  if (!String(words[0]).startsWith('[mcp-proxy]')) log(...words);
};
const silent = (): void => {};

const server = new FastMCP({
  name: 'bench',
  version: '1.0.0',
  // Pings and questions for roots are extras that cost time; the client of this bench would answer neither.
  ping: { enabled: false },
  roots: { enabled: false },
  logger: { debug: silent, info: silent, log: silent, warn: silent, error: console.error },
});
server.addTool({
  name: 'echo',
  description: 'Repeats.',
  parameters: echoInput,
  execute: async (args) => echoResult(args),
});

await runServer(async () => {
  const port = await freePort();
  await server.start({
    transportType: 'httpStream',
    // In sessions: stateless costs it three times as much, because it builds a server for each request.
    httpStream: { port, host: '127.0.0.1', enableJsonResponse: true, cors: false },
  });
  return `http://127.0.0.1:${port}/mcp`;
});

/** It does not tell which port it got when asked for any. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
