import { describe, expect, test } from 'vitest';

import { createApp, defineTool } from '../../src/index.ts';
import { modern, pipes, turns } from './pipes.ts';

/** An app whose `initialize` is answered when told. */
function slowToAgree() {
  let agree!: () => void;
  const agreed = new Promise<void>((resolve) => (agree = resolve));
  let runs = 0;
  const count = defineTool({ name: 'count', run: () => String((runs += 1)) });
  const app = createApp({ name: 'a', version: '1' })
    .use('initialize', async (_call, next) => {
      await agreed;
      return next();
    })
    .add(count);
  return { app, agree, runs: () => runs };
}

const clientInfo = { name: 'test', version: '1' };
const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo },
};
const call = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: modern({ name: 'count' }) };
const listen = {
  jsonrpc: '2.0',
  id: 3,
  method: 'subscriptions/listen',
  params: modern({ notifications: { toolsListChanged: true } }),
};

describe('what waits behind a handshake', () => {
  test('is not run once the client is gone', async () => {
    const { app, agree, runs } = slowToAgree();
    const { send, output, server } = pipes(app);
    send(initialize, call);
    await turns();
    output.destroy(new Error('write EPIPE'));
    await server.closed;
    agree();
    await turns();
    expect(runs()).toBe(0);
  });

  test('is answered when the server closes; a stream of changes then ends at once', async () => {
    const { app, agree, runs } = slowToAgree();
    const { send, server, received } = pipes(app, { deadlineMs: 60_000 });
    send(initialize, call, listen);
    await turns();
    const closing = server.close();
    agree();
    await closing;
    expect(runs()).toBe(1);
    expect(received.find(({ id }) => id === 2)).toMatchObject({ result: { content: [{ text: '1' }] } });
    expect(received.find(({ id }) => id === 3)).toMatchObject({ result: {} });
  });
});
