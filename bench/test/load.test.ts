import { createServer, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
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

async function thirtyCalls(url: string) {
  const load = await openLoad({ url, era: '2026', connections: 3 });
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
