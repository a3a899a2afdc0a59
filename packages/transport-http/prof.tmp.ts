import { createApp, defineTool } from '@toolyard/core';
import { serveHttp } from './src/index.ts';
import { z } from 'zod';
const app = createApp({ name: 'bench', version: '1.0.0' }).add(defineTool({ name: 'echo', input: z.object({ text: z.string() }), output: z.object({ text: z.string() }), run: ({ text }) => ({ text }) }));
const s = await serveHttp(app, { port: 9555 });
setTimeout(() => { process.exit(0); }, Number(process.env.MS ?? 9000));
