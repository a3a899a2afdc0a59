import { describe, expect, test } from 'vitest';
import { CancelledError } from '../src/index.ts';
import type { JsonRpcNotification, JsonRpcRequest, ServerRequest } from '../src/protocol.ts';
import { ServerRequests, type ServerRequestsOptions } from '../src/server-requests.ts';
import { fakeClock } from '../src/testing.ts';

interface ConnectionOptions extends Partial<ServerRequestsOptions> {
  readonly send?: (message: JsonRpcRequest | JsonRpcNotification) => void;
}

function connection({ send, ...options }: ConnectionOptions = {}) {
  const sent: (JsonRpcRequest | JsonRpcNotification)[] = [];
  const clock = fakeClock();
  const all = new ServerRequests({ clock, timeoutMs: 1000, ...options });
  const requests = {
    request: (request: ServerRequest, signal: AbortSignal) =>
      all.request(request, signal, send ?? ((message) => void sent.push(message))),
    settle: all.settle.bind(all),
    close: all.close.bind(all),
  };
  return { sent, clock, requests };
}
const open = () => new AbortController().signal;

describe('the requests of a server', () => {
  test('have ids of their own, and answers in any order find them', async () => {
    const { sent, requests } = connection();
    const answers = [
      requests.request({ method: 'roots/list' }, open()),
      requests.request({ method: 'ping', params: { a: 1 } }, open()),
    ];
    expect(sent).toEqual([
      { jsonrpc: '2.0', id: 1, method: 'roots/list' },
      { jsonrpc: '2.0', id: 2, method: 'ping', params: { a: 1 } },
    ]);
    requests.settle({ jsonrpc: '2.0', id: 2, result: { second: true } });
    requests.settle({ jsonrpc: '2.0', id: 1, result: { first: true } });
    expect(await Promise.all(answers)).toEqual([{ first: true }, { second: true }]);
  });

  test('fail openly when the client answers with an error', async () => {
    const { requests } = connection();
    const answer = requests.request({ method: 'roots/list' }, open());
    requests.settle({ jsonrpc: '2.0', id: 1, error: { code: -1, message: 'No window.', data: { a: 1 } } });
    await expect(answer).rejects.toMatchObject({
      name: 'ToolError',
      code: 'CLIENT_ERROR',
      message: 'The client answered roots/list with an error: No window.',
      data: { rpcCode: -1, data: { a: 1 } },
    });
  });

  test.each([
    { result: 'text' },
    { result: null },
    {},
    { error: 'no' },
    { error: { code: 'x', message: 1 } },
  ])('fail when the answer is none: %j', async (answer) => {
    const { requests } = connection();
    const waiting = requests.request({ method: 'roots/list' }, open());
    requests.settle({ jsonrpc: '2.0', id: 1, ...answer } as never);
    await expect(waiting).rejects.toMatchObject({ code: 'CLIENT_ERROR' });
  });

  test('ignore answers to nothing', async () => {
    const { requests } = connection();
    const answer = requests.request({ method: 'roots/list' }, open());
    for (const id of [2, '1', null]) requests.settle({ jsonrpc: '2.0', id, error: { code: 1, message: '' } });
    requests.settle({ jsonrpc: '2.0', id: 1, result: {} });
    requests.settle({ jsonrpc: '2.0', id: 1, result: { again: true } });
    expect(await answer).toEqual({});
  });

  test('are given up after timeoutMs, and the client is told', async () => {
    const { sent, clock, requests } = connection();
    const answer = requests.request({ method: 'roots/list' }, open()).catch((error: unknown) => error);
    await clock.advance(1000);
    expect(await answer).toMatchObject({ code: 'TIMEOUT' });
    expect(sent.at(-1)).toMatchObject({
      method: 'notifications/cancelled',
      params: { requestId: 1, reason: expect.any(String) },
    });
  });

  test('are given up with the call they belong to', async () => {
    const { sent, requests } = connection();
    const controller = new AbortController();
    const answer = requests.request({ method: 'roots/list' }, controller.signal);
    const reason = new CancelledError('Enough.');
    controller.abort(reason);
    await expect(answer).rejects.toBe(reason);
    expect(sent.at(-1)).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 1, reason: 'Enough.' },
    });
    await expect(requests.request({ method: 'ping' }, controller.signal)).rejects.toBe(reason);
    expect(sent).toHaveLength(2);
  });

  test('are at most maxPending at once', async () => {
    const { requests } = connection({ maxPending: 1 });
    const first = requests.request({ method: 'ping' }, open());
    await expect(requests.request({ method: 'ping' }, open())).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    requests.settle({ jsonrpc: '2.0', id: 1, result: {} });
    await first;
    requests.request({ method: 'ping' }, open()).catch(() => {});
    requests.close();
  });

  test('all fail when the client is gone, also those to come', async () => {
    const { sent, requests } = connection();
    const answers = [
      requests.request({ method: 'ping' }, open()),
      requests.request({ method: 'ping' }, open()),
    ];
    requests.close();
    requests.close(new Error('later'));
    for (const answer of answers) await expect(answer).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(requests.request({ method: 'ping' }, open())).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(sent).toHaveLength(2);
  });

  test('whose message cannot be written fail, and leave nothing behind', async () => {
    let broken = true;
    const { requests } = connection({
      maxPending: 1,
      send: () => {
        if (broken) throw new Error('EPIPE');
      },
    });
    await expect(requests.request({ method: 'ping' }, open())).rejects.toThrow('EPIPE');
    broken = false;
    const answer = requests.request({ method: 'ping' }, open());
    requests.settle({ jsonrpc: '2.0', id: 2, result: {} });
    expect(await answer).toEqual({});
  });
});
