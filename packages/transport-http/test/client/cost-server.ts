// A server in a process of its own, for what is measured in another.
import { createApp, defineTool } from '@toolyard/core';
import { z } from 'zod';

import { serveHttp } from '../../src/index.ts';

const echo = defineTool({ name: 'echo', input: z.object({ text: z.string() }), run: ({ text }) => text });
const { url } = await serveHttp(createApp({ name: 'cost', version: '1.0.0' }).add(echo), { port: 0 });
process.send?.(url);
