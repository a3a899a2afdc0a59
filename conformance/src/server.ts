/** The server under test: `npm run conformance:serve -- --port N`. SIGTERM ends it. */
import { parseArgs } from 'node:util';

import { serveHttp } from '@toolyard/transport-http';

import { createFixtureApp } from './fixture-app.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '3100' } } });
const port = Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65_535)
  throw new Error('--port takes a number from 0 to 65535.');

const server = await serveHttp(createFixtureApp(), { port, host: '127.0.0.1' });
// `localhost` is the name the suite sends; a foreign one has to be refused.
process.stderr.write(`http://localhost:${server.port}/mcp\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void server.close());
