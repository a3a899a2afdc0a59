import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { onTestFinished } from 'vitest';

/** A load balancer that knows nothing of sessions. */
export interface RoundRobin {
  readonly url: string;
  /** Where requests go, in turn. */
  targets: readonly { readonly url: string }[];
  /** Requests passed on so far, by port. */
  readonly passed: ReadonlyMap<string, number>;
  /** Answers by status, those of the proxy itself among them. */
  readonly statuses: ReadonlyMap<number, number>;
  close(): void;
}

/**
 * Passes each request to the next target over a connection of its own, and each chunk as it comes. As nginx does, it
 * tries the next where nobody listens, and answers 502 where a connection breaks before an answer.
 *
 * @param name - in its URL.
 */
export async function roundRobin(targets: RoundRobin['targets'], name = '127.0.0.1'): Promise<RoundRobin> {
  const passed = new Map<string, number>();
  const statuses = new Map<number, number>();
  let turn = 0;

  const pass = (incoming: IncomingMessage, outgoing: ServerResponse, first: number, tried = 0): void => {
    const target = proxy.targets[(first + tried) % proxy.targets.length];
    if (!target || tried === proxy.targets.length) return refuse(outgoing);
    const { port } = new URL(target.url);
    const upstream = request({
      host: '127.0.0.1',
      port,
      method: incoming.method,
      path: incoming.url,
      headers: { ...incoming.headers, connection: 'close' },
      agent: false,
    });
    upstream.once('socket', (socket) =>
      socket.once('connect', () => {
        add(passed, port);
        incoming.pipe(upstream);
      }),
    );
    upstream.once('response', (answer) => {
      const status = answer.statusCode ?? 502;
      add(statuses, status);
      const { connection, 'keep-alive': _, ...headers } = answer.headers;
      outgoing.writeHead(status, headers);
      outgoing.flushHeaders();
      answer.on('error', () => outgoing.destroy());
      answer.pipe(outgoing);
    });
    upstream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') pass(incoming, outgoing, first, tried + 1);
      else refuse(outgoing);
    });
    outgoing.once('close', () => upstream.destroy());
  };

  const refuse = (outgoing: ServerResponse): void => {
    if (outgoing.headersSent) return void outgoing.destroy();
    add(statuses, 502);
    outgoing.writeHead(502).end();
  };

  const server = createServer((incoming, outgoing) => {
    outgoing.on('error', () => {});
    pass(incoming, outgoing, (turn += 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  const { port } = server.address() as AddressInfo;
  const proxy: RoundRobin = { url: `http://${name}:${port}/mcp`, targets, passed, statuses, close };
  onTestFinished(close);
  return proxy;
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
