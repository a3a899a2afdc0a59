import { runServer } from '../harness/run-server.ts';
import { listenWithSdk } from './sdk-entry.ts';
import { lowLevelServer } from './sdk-low-level-server.ts';

await runServer(({ tools }) => listenWithSdk(lowLevelServer(tools)));
