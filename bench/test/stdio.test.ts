import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { stdio } from '../src/groups/stdio.ts';
import { answerTo, type EchoRequest } from '../src/servers/bare-answer.ts';
import { fullSettings } from '../src/settings.ts';
import { openStdioLoad } from '../src/stdio/load.ts';

/** A server in memory that answers the `n`th call with what `answer` makes of it. */
function serve(answer: (sent: EchoRequest, n: number) => object | string | undefined) {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  let calls = 0;
  let rest = '';
  stdin.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      calls++;
      const answered = answer(JSON.parse(line), calls);
      if (answered !== undefined)
        stdout.write(`${typeof answered === 'string' ? answered : JSON.stringify(answered)}\n`);
    }
  });
  return { stdin, stdout };
}

async function load(answer: (sent: EchoRequest, n: number) => object | string | undefined) {
  const client = await openStdioLoad(serve(answer), { era: '2026' });
  const result = await client.run({ inFlight: 4, ms: 20 });
  expect(result.calls).toBeGreaterThan(20);
  return result;
}

test('right answers are counted as right', async () => {
  expect(await load(answerTo)).toMatchObject({ wrong: 0, faults: [] });
});

test('the order of answers is the server’s choice', async () => {
  const held: EchoRequest[] = [];
  const { wrong } = await load((sent) => {
    held.push(sent);
    // Pairs change places.
    if (held.length < 2) return undefined;
    return [held.pop()!, held.pop()!].map((one) => JSON.stringify(answerTo(one))).join('\n');
  });
  expect(wrong).toBe(0);
});

test.each<[string, (sent: EchoRequest, n: number) => object | string | undefined]>([
  ['another id', (sent, n) => answerTo(n === 9 ? { ...sent, id: -1 } : sent)],
  [
    'another text',
    (sent, n) => answerTo(n === 9 ? { ...sent, params: { arguments: { text: 'another' } } } : sent),
  ],
  [
    'an error',
    (sent, n) =>
      n === 9 ? { jsonrpc: '2.0', id: sent.id, error: { code: -1, message: '' } } : answerTo(sent),
  ],
  ['no JSON', (sent, n) => (n === 9 ? '{' : answerTo(sent))],
])('%s is found', async (_what, answer) => {
  const { wrong, faults } = await load(answer);
  expect(wrong).toBe(1);
  expect(faults).toHaveLength(1);
});

test('a server that ends is no hang', async () => {
  const server = serve(answerTo);
  const client = await openStdioLoad(server, { era: '2026' });
  const running = client.run({ inFlight: 1, ms: 60_000 });
  server.stdout.destroy(new Error('The server ended.'));
  await expect(running).rejects.toThrow('The server ended.');
});

test('the group compares servers in both eras and finds no wrong answer', async () => {
  const settings = {
    ...fullSettings,
    rounds: 2,
    blockMs: 30,
    warmUpMs: 60,
    connections: 4,
    servers: ['toolyard'],
  };
  const { table, faults, goals } = await stdio.run(settings, () => {});
  expect(faults).toEqual([]);
  const servers = ['bare JSON lines', 'SDK v2, low-level Server', 'Toolyard'];
  const rows = ['2026', '2025'].flatMap((era) =>
    ['1', '4'].flatMap((inFlight) => servers.map((server) => [server, era, inFlight])),
  );
  expect(table.rows.map((row) => row.slice(0, 3))).toEqual(rows);
  expect(goals).toHaveLength(4);
});
