import { type App, createApp, defineTool } from '@toolyard/core';
import { z } from 'zod';
import { toolNames } from './tool-names.ts';

/** An app with that many tools, all listed on one page; `echo` is the last of them. */
export function echoApp(tools: number): App {
  const app = createApp({ name: 'bench', version: '1.0.0', pageSize: Math.max(tools, 500) });
  for (const name of toolNames(tools)) {
    app.add(defineTool({ name, input: z.object({ text: z.string() }), run: ({ text }) => ({ text }) }));
  }
  return app;
}
