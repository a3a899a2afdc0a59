import { honoHandler } from '@toolyard/transport-http/hono';
import { Hono } from 'hono';
import { runServer } from '../harness/run-server.ts';
import { listenWithHono } from './listen-hono.ts';
import { echoApp } from './toolyard-app.ts';

await runServer(({ tools }) => listenWithHono(new Hono().all('/mcp', honoHandler(echoApp(tools)))));
