import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { createHistogram } from 'node:perf_hooks';
import type { Calls } from '../src/load/calls.ts';
import { echoCalls } from '../src/load/echo-call.ts';
import { listCalls } from '../src/load/list-calls.ts';
import { openLoad } from '../src/load/load.ts';

interface Sent {
  id: number;
  params: { arguments: { text: string } };
}

let server: Server | undefined;

afterEach(() => server?.close());

/** A server that answers the `n`th call with what `answer` makes of it. */
function serve(answer: (sent: Sent, n: number) => object): Promise<string> {
  let calls = 0;
  const listening = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      calls++;
      const body = JSON.stringify(answer(JSON.parse(Buffer.concat(chunks).toString()), calls));
      res.writeHead(200, { 'content-length': Buffer.byteLength(body) }).end(body);
    });
  });
  server = listening;
  return new Promise((resolve) => {
    listening.listen(0, '127.0.0.1', () => {
      const address = listening.address();
      if (address !== null && typeof address === 'object') resolve(`http://127.0.0.1:${address.port}/mcp`);
    });
  });
}

function right({ id, params }: Sent): object {
  const { text } = params.arguments;
  const content = [{ type: 'text', text: JSON.stringify({ text }) }];
  return { jsonrpc: '2.0', id, result: { content, structuredContent: { text } } };
}

async function thirtyCalls(url: string, calls?: Calls) {
  const load = await openLoad({ url, era: '2026', connections: 3, ...(calls && { calls }) });
  try {
    return await load.run({ calls: 30 });
  } finally {
    await load.close();
  }
}

test('right answers are counted as right', async () => {
  const url = await serve(right);
  expect(await thirtyCalls(url)).toMatchObject({ calls: 30, wrong: 0, faults: [] });
});

test('every wrong answer is counted and the first ones are told', async () => {
  const url = await serve((sent, n) => (n % 5 === 0 ? right({ ...sent, id: sent.id + 1 }) : right(sent)));
  const { calls, wrong, faults } = await thirtyCalls(url);
  expect({ calls, wrong, told: faults.length }).toEqual({ calls: 30, wrong: 6, told: 3 });
});

test('an answer meant for another call is wrong', async () => {
  let first: object | undefined;
  const url = await serve((sent) => ({ ...(first ??= right(sent)), id: sent.id }));
  expect((await thirtyCalls(url)).wrong).toBe(29);
});

test('a tool error is wrong', async () => {
  const url = await serve(({ id }) => ({ jsonrpc: '2.0', id, result: { isError: true, content: [] } }));
  expect((await thirtyCalls(url)).wrong).toBe(30);
});

test('a JSON-RPC error is wrong', async () => {
  const url = await serve(({ id }) => ({ jsonrpc: '2.0', id, error: { code: -32603, message: 'no' } }));
  expect((await thirtyCalls(url)).wrong).toBe(30);
});

test('the latency of every call is recorded, in microseconds', async () => {
  const url = await serve(right);
  const load = await openLoad({ url, era: '2026', connections: 3 });
  const latency = createHistogram();
  const { seconds } = await load.run({ calls: 30 }, latency);
  await load.close();
  expect(latency.count).toBe(30);
  // Three at a time: together they cannot have waited for longer than three times the whole.
  expect(latency.mean * latency.count).toBeLessThan(3.1 * seconds * 1e6);
  expect(latency.min).toBeGreaterThan(10);
});

test('with a number of texts, calls repeat but for their ids', async () => {
  const sent: Sent[] = [];
  const url = await serve((one) => {
    sent.push(one);
    return right(one);
  });
  expect((await thirtyCalls(url, echoCalls({ texts: 4 }))).wrong).toBe(0);
  expect(new Set(sent.map(({ params }) => params.arguments.text)).size).toBe(4);
  expect(new Set(sent.map(({ id }) => id)).size).toBe(30);
});

describe('lists', () => {
  const tools = ['one', 'echo'].map((name) => ({ name, inputSchema: { properties: {} } }));
  const listing = ({ id }: Sent): object => ({ jsonrpc: '2.0', id, result: { tools } });

  test('the same list every time is right', async () => {
    const url = await serve(listing);
    expect(await thirtyCalls(url, listCalls(2))).toMatchObject({ wrong: 0, faults: [] });
  });

  test('another list than at first is wrong, be it as long', async () => {
    const other = tools.map((tool) => ({ ...tool, name: tool.name.replace('one', 'two') }));
    const url = await serve((sent, n) =>
      n === 20 ? { jsonrpc: '2.0', id: sent.id, result: { tools: other } } : listing(sent),
    );
    expect((await thirtyCalls(url, listCalls(2))).wrong).toBe(1);
  });

  test('a list for another call is wrong', async () => {
    const url = await serve((sent, n) => listing(n === 20 ? { ...sent, id: sent.id + 1 } : sent));
    expect((await thirtyCalls(url, listCalls(2))).wrong).toBe(1);
  });

  test('a list with a tool missing is wrong', async () => {
    const url = await serve(listing);
    expect((await thirtyCalls(url, listCalls(3))).wrong).toBe(30);
  });
});
