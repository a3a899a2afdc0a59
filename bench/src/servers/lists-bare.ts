import type { IncomingMessage, ServerResponse } from 'node:http';
import { createHttpHandler } from '@toolyard/transport-http';
import { runServer } from '../harness/run-server.ts';
import { envelope, type Era, requestHeaders } from '../load/eras.ts';
import { listen } from './listen.ts';
import { echoApp } from './toolyard-app.ts';

// Answers `tools/list` with the bytes Toolyard answers, which it asks for once at the start: one JSON.parse, one write.

interface ListRequest {
  id: number;
  params: { _meta?: object };
}

type Lists = Record<Era, string>;

function list(lists: Lists, req: IncomingMessage, res: ServerResponse): void {
  let body = '';
  req.setEncoding('utf8');
  req.on('data', (chunk: string) => {
    body += chunk;
  });
  req.on('end', () => {
    const { id, params }: ListRequest = JSON.parse(body);
    const { _meta: envelope2026 } = params;
    const answer = `{"jsonrpc":"2.0","id":${id},"result":${envelope2026 ? lists['2026'] : lists['2025']}}`;
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
    res.end(answer);
  });
}

async function askToolyard(tools: number): Promise<Lists> {
  const handler = createHttpHandler(echoApp(tools), { legacy: 'stateless' });
  const ask = async (era: Era): Promise<string> => {
    const response = await handler.fetch(
      new Request('http://127.0.0.1/mcp', {
        method: 'POST',
        headers: requestHeaders(era, 'tools/list'),
        body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'tools/list', params: envelope(era) }),
      }),
    );
    const { result }: { result?: object } = JSON.parse(await response.text());
    if (!result) throw new Error(`Toolyard did not list its tools: ${response.status}`);
    return JSON.stringify(result);
  };
  const lists = { '2026': await ask('2026'), '2025': await ask('2025') };
  await handler.close();
  return lists;
}

await runServer(async ({ tools }) => {
  const lists = await askToolyard(tools);
  return listen((req, res) => list(lists, req, res));
});
