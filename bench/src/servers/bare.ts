import type { IncomingMessage, ServerResponse } from 'node:http';
import { runServer } from '../harness/run-server.ts';
import { listen } from './listen.ts';

// The opponent all others are a multiple of: `node:http`, one JSON.parse, one JSON.stringify, one write. It checks nothing.

interface EchoRequest {
  id: number;
  params: { arguments: { text: string }; _meta?: object };
}

function echo(req: IncomingMessage, res: ServerResponse): void {
  let body = '';
  req.setEncoding('utf8');
  req.on('data', (chunk: string) => {
    body += chunk;
  });
  req.on('end', () => {
    const request: EchoRequest = JSON.parse(body);
    const answer = JSON.stringify(answerTo(request));
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
    res.end(answer);
  });
}

/** The same bytes an MCP server answers, so that writing them costs the same. */
function answerTo({ id, params }: EchoRequest): object {
  const {
    arguments: { text },
    _meta: envelope,
  } = params;
  const result = { content: [{ type: 'text', text: JSON.stringify({ text }) }], structuredContent: { text } };
  return { jsonrpc: '2.0', id, result: envelope ? { ...result, ...only2026 } : result };
}

const only2026 = {
  resultType: 'complete',
  _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'bench', version: '1.0.0' } },
};

await runServer(() => listen(echo));
