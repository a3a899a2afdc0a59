import { Agent, createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';

import type { HttpHandler } from '@toolyard/transport-http';

import type { Fetch } from './play.ts';

/** A handler behind `node:http`, on a free port of this machine. */
export interface HttpTarget {
  readonly fetch: Fetch;
  close(): Promise<void>;
}

/** Serves a handler's entry for `node:http`, over connections that are kept alive. */
export async function overHttp(handler: HttpHandler): Promise<HttpTarget> {
  // A server that closes idle connections races with a client that uses them again.
  const server = createServer(
    { keepAliveTimeout: 0 },
    (request, response) => void handler.node(request, response),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = new Agent({ keepAlive: true });
  const { port } = server.address() as AddressInfo;
  return {
    fetch: (request) => send(request, port, agent),
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function send(request: Request, port: number, agent: Agent): Promise<Response> {
  const { method, signal } = request;
  const headers = Object.fromEntries(request.headers);
  const pieces: Uint8Array[] = [];
  for await (const piece of request.body ?? []) pieces.push(piece);
  // A length that is made up would leave the server waiting for the rest.
  delete headers['content-length'];
  if (pieces.length > 1) headers['transfer-encoding'] = 'chunked';
  else if (pieces.length === 1) headers['content-length'] = String(pieces[0]!.byteLength);
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path: '/mcp', method, headers, agent, signal, setHost: false };
    const outgoing = httpRequest(options, resolve).on('error', reject);
    const last = pieces.pop();
    for (const piece of pieces) outgoing.write(piece);
    outgoing.end(last);
  });
  signal.addEventListener('abort', () => incoming.destroy(), { once: true });
  const { statusCode: status = 0 } = incoming;
  const hasBody = method !== 'HEAD' && status !== 204;
  const answered = Object.entries(incoming.headers).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  const body = hasBody ? (Readable.toWeb(incoming) as ReadableStream<Uint8Array>) : null;
  if (!hasBody) incoming.resume();
  return new Response(body, { status, headers: answered });
}
