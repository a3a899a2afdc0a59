import { createApp } from '@toolyard/core';
import { createHttpHandler, challenge, type Authenticate } from '@toolyard/transport-http';

import { changeTriggers } from '../fixtures/change-triggers.ts';
import { adminTool, definitions, instructions, MAX_BODY_BYTES, serverInfo } from './definitions.ts';
import type { Fetch } from './play.ts';
import { tokens } from './tokens.ts';

/** The server on trial, with its default options. */
export function createOurServer({ authenticated = false } = {}): Fetch {
  const app = createApp({ ...serverInfo, instructions })
    .add(...definitions.tools, ...definitions.resources, ...definitions.prompts)
    .install(changeTriggers);
  if (authenticated) app.add(adminTool);
  const handler = createHttpHandler(app, {
    maxBodyBytes: MAX_BODY_BYTES,
    ...(authenticated && { auth: authenticate }),
  });
  return (request) => handler.fetch(request);
}

const authenticate: Authenticate = (request) => {
  const token = /^bearer (.+)$/i.exec(request.header('authorization') ?? '')?.[1];
  const scopes = token === undefined ? undefined : tokens.get(token);
  if (!scopes) return challenge({ error: 'invalid_token', description: 'Unknown token' });
  return { id: token!, scopes };
};
