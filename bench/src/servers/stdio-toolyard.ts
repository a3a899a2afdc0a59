import { serveStdio } from '@toolyard/core/stdio';
import { runStdioServer } from '../stdio/run-stdio-server.ts';
import { echoApp } from './toolyard-app.ts';

runStdioServer(() => void serveStdio(echoApp(1)));
