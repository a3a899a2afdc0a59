import type { IncomingMessage, ServerResponse } from 'node:http';
import { runServer } from '../harness/run-server.ts';
import { answerTo, type EchoRequest } from './bare-answer.ts';
import { listen } from './listen.ts';

// The opponent all others are a multiple of: `node:http`, one JSON.parse, one JSON.stringify, one write. It checks nothing.

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

await runServer(() => listen(echo));
