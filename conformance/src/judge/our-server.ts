import { createApp } from '@toolyard/core';
import { createHttpHandler, challenge, type Authenticate, type HttpHandler } from '@toolyard/transport-http';

import { changeTriggers } from '../fixtures/change-triggers.ts';
import { adminTool, definitions, instructions, MAX_BODY_BYTES, serverInfo } from './definitions.ts';
import type { Fetch } from './play.ts';
import { tokens } from './tokens.ts';

/** The server on trial, with its default options. */
export function createOurServer(options: { authenticated?: boolean | undefined } = {}): Fetch {
  const handler = createOurHandler(options);
  return (request) => handler.fetch(request);
}

/** The same as a handler, which has an entry for `node:http` too, and counts its sessions. */
export function createOurHandler({
  authenticated = false,
}: { authenticated?: boolean | undefined } = {}): HttpHandler {
  const app = createApp({ ...serverInfo, instructions })
    .add(...definitions.tools, ...definitions.resources, ...definitions.prompts)
    .install(changeTriggers);
  if (authenticated) app.add(adminTool);
  return createHttpHandler(app, {
    maxBodyBytes: MAX_BODY_BYTES,
    ...(authenticated && { auth: authenticate }),
  });
}

const authenticate: Authenticate = (request) => {
  const token = /^bearer (.+)$/i.exec(request.header('authorization') ?? '')?.[1];
  const scopes = token === undefined ? undefined : tokens.get(token);
  if (!scopes) return challenge({ error: 'invalid_token', description: 'Unknown token' });
  return { id: token!, scopes };
};
