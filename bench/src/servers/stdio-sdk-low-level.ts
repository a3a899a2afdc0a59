import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { runStdioServer } from '../stdio/run-stdio-server.ts';
import { lowLevelServer } from './sdk-low-level-server.ts';

runStdioServer(() => void serveStdio(lowLevelServer(1)));
