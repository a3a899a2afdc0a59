import { createApp, defineTool, type Middleware } from '@toolyard/core';
import { z } from 'zod';
import type { Variant } from './variants.ts';

const run = ({ text }: { text: string }): { text: string } => ({ text });

/** The handler alone: what the pipeline's price is added to. */
export const bareHandler: Variant = { id: 'bare handler', call: async (text) => run({ text }) };

/** `app.call` through that many middleware that only call `next()`. */
export function throughMiddleware(count: number): Variant {
  const echo = defineTool({ name: 'echo', input: z.object({ text: z.string() }), run });
  const app = createApp({ name: 'bench', version: '1.0.0' });
  for (let added = 0; added < count; added++) app.use(passThrough());
  app.add(echo);
  return { id: `${count} middleware`, call: (text) => app.call(echo, { text }) };
}

function passThrough(): Middleware {
  return async function passOn(_call, next) {
    return await next();
  };
}
