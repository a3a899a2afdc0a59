import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createApp, defineResource, defineTool, type App, type AppOptions } from '@toolyard/core';
import { onTestFinished } from 'vitest';
import { z } from 'zod';

import type { HttpServer, HttpState, ServeOptions } from '../../src/index.ts';
import { redisState } from '../../src/redis.ts';
import { memoryState, sqliteState } from '../../src/stores.ts';
import { echo, count, note, otherNote } from '../demo-app.ts';
import { serve } from '../helpers.ts';
import { nodeRedis, PREFIX } from './redis-clients.ts';

/** Makes the state of one more node. */
export type OpenState = () => Promise<HttpState>;

/** What the nodes of a test share, until it ends. */
export const STATES = {
  memory(): OpenState {
    const state = memoryState();
    return async () => state;
  },
  sqlite(): OpenState {
    const directory = mkdtempSync(join(tmpdir(), 'toolyard-nodes-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    return async () => {
      const state = sqliteState({ path: join(directory, 'state.db'), pollMs: 20 });
      onTestFinished(() => state.close());
      return state;
    };
  },
};

/** The state of several nodes in Redis. */
export function redisNodes(): OpenState {
  const prefix = `${PREFIX}${crypto.randomUUID()}:`;
  return async () => {
    const client = await nodeRedis();
    onTestFinished(() => client.destroy());
    return redisState(client, { prefix });
  };
}

/** Asks the user a question. */
const ask = defineTool({
  name: 'ask',
  async run(_args, call) {
    call.progress({ progress: 1 });
    const answer = await call.requireInput('name', {
      message: 'Who are you?',
      schema: z.object({ name: z.string() }),
    });
    return answer.action === 'accept' ? `hello ${answer.content.name}` : answer.action;
  },
});

export function nodeApp(options: Partial<AppOptions> = {}) {
  return createApp({ name: 'node', version: '1.0.0', ...options }).add(echo, count, note, otherNote, ask);
}

export const hidden = defineResource({
  uri: 'secret://1',
  access: { scopes: ['admin'] },
  read: () => 'secret',
});

/** A server with a state of its own connection. */
export async function node(
  open: OpenState,
  app: App<any, any> = nodeApp(),
  options: ServeOptions = {},
): Promise<HttpServer & { app: App<any, any> }> {
  const server = await serve(app, { state: await open(), ...options });
  return Object.assign(server, { app });
}
