import { Hono } from 'hono';
import { runServer } from '../harness/run-server.ts';
import { answerTo, type EchoRequest } from './bare-answer.ts';
import { listenWithHono } from './listen-hono.ts';

// What Hono's documentation shows for JSON in, JSON out.

const app = new Hono().post('/mcp', async (context) =>
  context.json(answerTo(await context.req.json<EchoRequest>())),
);

await runServer(() => listenWithHono(app));
