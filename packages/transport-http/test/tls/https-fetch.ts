import { Agent, request, type AgentOptions } from 'node:https';
import { Readable } from 'node:stream';

import { onTestFinished } from 'vitest';

/** What clients take as their `fetch`. */
export type HttpsFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** A `fetch` over connections with TLS options of their own: authorities, a client certificate. */
export function httpsFetch(options: AgentOptions): HttpsFetch {
  const agent = new Agent({ keepAlive: true, ...options });
  onTestFinished(() => agent.destroy());
  return (url, init = {}) =>
    new Promise((resolve, reject) => {
      const { method = 'GET', signal } = init;
      const headers = Object.fromEntries(new Headers(init.headers));
      const outgoing = request(url, { agent, method, headers, ...(signal && { signal }) });
      outgoing.on('error', reject).on('response', (incoming) => {
        const { statusCode: status = 0 } = incoming;
        const body =
          status === 204 ? null : (Readable.toWeb(incoming) as unknown as ReadableStream<Uint8Array>);
        resolve(new Response(body, { status, headers: incoming.headers as Record<string, string> }));
      });
      outgoing.end(init.body);
    });
}
