import type { Peer } from '@toolyard/core';
import { expect, test } from 'vitest';

import { createHttpHandler } from '../src/index.ts';
import { demoApp } from './demo-app.ts';
import { callModern, initialize, modern, serve } from './helpers.ts';

/** An app that remembers who was at the other end. */
function watchedApp() {
  const app = demoApp();
  const peers: (Peer | undefined)[] = [];
  const dispatch = app.dispatch.bind(app);
  app.dispatch = (message, exchange) => {
    peers.push(exchange.peer);
    return dispatch(message, exchange);
  };
  return { app, peers };
}

test('the app learns who is at the other end of the connection, in both eras', async () => {
  const { app, peers } = watchedApp();
  const { url } = await serve(app);
  await callModern(url, 'echo', { text: 'hi' });
  await initialize(url);
  const peer = { address: '127.0.0.1', port: expect.any(Number), protocolVersion: '1.1' };
  expect(peers).toEqual(peers.map(() => peer));
  expect(peers.length).toBeGreaterThanOrEqual(2);
});

test('a web-standard request does not tell', async () => {
  const { app, peers } = watchedApp();
  const { fetch } = createHttpHandler(app);
  const { body, headers } = modern('tools/list');
  const init = {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  };
  expect((await fetch(new Request('http://localhost/mcp', init))).status).toBe(200);
  expect(peers).toEqual([undefined]);
});
