import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createApp, defineTool } from '@toolyard/core';
import { serveHttp } from '@toolyard/transport-http';
import { expect, test } from 'vitest';

test('a 2025 client whose connection breaks in the middle of a call gets the rest of it', async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let runs = 0;
  const slow = defineTool({
    name: 'slow',
    async run(_args, call) {
      runs += 1;
      call.progress({ progress: 1, total: 2 });
      await released;
      call.progress({ progress: 2, total: 2 });
      return 'finished';
    },
  });
  await using server = await serveHttp(createApp({ name: 'resumption', version: '1.0.0' }).add(slow), {
    port: 0,
  });
  const proxy = await breakableProxy(server.port);
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${proxy.port}/mcp`)));

  const seen: number[] = [];
  const result = await client.callTool(
    { name: 'slow' },
    {
      onprogress({ progress }) {
        seen.push(progress);
        if (progress !== 1) return;
        proxy.breakConnections();
        setTimeout(release, 50);
      },
    },
  );

  expect(result.content).toEqual([{ type: 'text', text: 'finished' }]);
  expect(seen[0]).toBe(1);
  expect(runs).toBe(1);
  await client.close();
  await proxy.close();
});

/** Passes bytes on until it is told to cut every connection. */
async function breakableProxy(target: number) {
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const breakConnections = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    breakConnections,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        breakConnections();
      }),
  };
}
