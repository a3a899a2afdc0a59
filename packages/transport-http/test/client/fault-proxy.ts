import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

import { onTestFinished } from 'vitest';

/** What a faulty network does with a connection. */
export type Weather =
  | 'fine'
  /** Bytes are dropped in both directions, and nobody is told. */
  | 'silent'
  /** New connections are closed as soon as they are made. */
  | 'refuse';

/** A TCP proxy before a server, whose weather tests make. */
export interface FaultProxy {
  readonly url: string;
  readonly port: number;
  weather: Weather;
  /** Added to every chunk from the server. */
  delayMs: number;
  /** Connections made since the start. */
  readonly accepted: number;
  /** Connections of clients that are open now. */
  readonly open: number;
  /** Cuts every connection there is. */
  cut(): void;
  /** Where new connections go. */
  target: number;
}

/** Proxies to a port of this machine until the test ends. */
export async function faultProxy(target: number, path = '/mcp'): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  let clients = 0;
  const server = createServer((client) => {
    accepted += 1;
    clients += 1;
    client.on('close', () => (clients -= 1));
    if (proxy.weather === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ port: proxy.target, host: '127.0.0.1' });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        // A path that drops everything does not deliver the end of a connection either.
        if (proxy.weather !== 'silent') (socket === client ? upstream : client).destroy();
      });
    }
    client.on('data', (chunk) => proxy.weather === 'fine' && upstream.write(chunk));
    upstream.on('data', (chunk) => {
      if (proxy.weather !== 'fine') return;
      if (proxy.delayMs === 0) client.write(chunk);
      else setTimeout(() => client.write(chunk), proxy.delayMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const proxy = {
    url: `http://127.0.0.1:${port}${path}`,
    port,
    target,
    weather: 'fine' as Weather,
    delayMs: 0,
    get accepted() {
      return accepted;
    },
    get open() {
      return clients;
    },
    cut() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
  };
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return proxy;
}
