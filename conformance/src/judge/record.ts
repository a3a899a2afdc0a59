/**
 * Writes down what the official suite sends to our server: `npm run record --workspace @toolyard/conformance`. The
 * recordings are kept in `test/traffic`, so run it again for a new version of the suite.
 */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';

import { createHttpHandler, type HttpHandler } from '@toolyard/transport-http';

import { createFixtureApp } from '../fixture-app.ts';
import { REVISIONS } from '../requirements.ts';
import { runSuite } from '../suite.ts';
import { toConversations, type Exchange } from './recording.ts';

for (const revision of REVISIONS) {
  const exchanges: Exchange[] = [];
  const handler = createHttpHandler(createFixtureApp());
  const server = await startRecorder(handler, exchanges);
  const url = `http://localhost:${(server.address() as AddressInfo).port}/mcp`;
  await runSuite({ revision, target: { url } });
  server.closeAllConnections();
  server.close();
  await handler.close({ deadlineMs: 0 });
  const conversations = toConversations(exchanges);
  const file = new URL(`../../test/traffic/suite-${revision}.json`, import.meta.url);
  await writeFile(file, `${JSON.stringify(conversations, null, 2)}\n`);
  process.stderr.write(`${revision}: ${conversations.length} conversations\n`);
}

async function startRecorder({ fetch }: HttpHandler, exchanges: Exchange[]): Promise<Server> {
  const server = createServer(async (request, response) => {
    const hangUp = new AbortController();
    response.on('close', () => hangUp.abort());
    const exchange: Exchange = await read(request);
    exchanges.push(exchange);
    const { method, headers, body } = exchange;
    const init = { method, headers, signal: hangUp.signal, ...(body !== '' && { body }) };
    const answer = await fetch(new Request(`http://localhost${request.url}`, init));
    exchange.sessionOpened = answer.headers.get('mcp-session-id') ?? undefined;
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).flushHeaders();
    for await (const chunk of answer.body ? Readable.fromWeb(answer.body as never) : []) {
      exchange.answer += String(chunk);
      response.write(chunk);
    }
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function read(request: IncomingMessage): Promise<Exchange> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return {
    method: request.method!,
    headers: request.headers as Record<string, string>,
    body: Buffer.concat(chunks).toString(),
    sessionOpened: undefined,
    answer: '',
  };
}
