import { serveStdio } from '@toolyard/core/stdio';

import { interopApp } from './app.ts';

const app = interopApp();
const server = serveStdio(app);
await server.closed;
await app.close();
