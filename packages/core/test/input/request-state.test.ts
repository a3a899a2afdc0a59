import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { definePrompt, defineTool, type AppOptions, type Call, type Principal } from '../../src/index.ts';
import { createTestClient, fakeClock, type TestClient, type TestClientOptions } from '../../src/testing.ts';
import { testApp } from '../helpers.ts';

const [oldSecret, newSecret] = ['o'.repeat(32), 'n'.repeat(32)];
const ada: Principal = { id: 'ada', issuer: 'https://id.example.com', scopes: [] };

const ask = async (call: Call) => {
  const schema = z.object({ word: z.string() });
  const first = await call.requireInput('first', { message: '1?', schema });
  const second = await call.requireInput('second', { message: '2?', schema });
  return `${first.action} ${second.action}`;
};
const tool = defineTool({
  name: 'ask',
  input: z.object({ id: z.number().optional(), tags: z.unknown() }).partial(),
  run: (_args, call) => ask(call),
});
const other = defineTool({ name: 'other', run: (_args, call) => ask(call) });
const prompt = definePrompt({ name: 'ask', run: (_args, call) => ask(call) });

const answered = { action: 'accept', content: { word: 'x' } };

function connect(app: Partial<AppOptions>, client: TestClientOptions = {}): TestClient {
  return createTestClient(testApp(app).add(tool, other, prompt), {
    as: ada,
    tenant: 'acme',
    capabilities: { elicitation: {} },
    ...client,
  });
}

/** Answers the first question as `opening` and the second as `closing` describes them. */
async function exchange(
  opening: { app?: Partial<AppOptions>; client?: TestClientOptions; params?: object } = {},
  closing: typeof opening & { method?: string; state?: (state: string) => unknown } = {},
) {
  const shared = { secrets: [oldSecret], ...opening.app };
  const params = { name: 'ask', arguments: { id: 1, tags: { a: 1, b: [1, 2] } }, ...opening.params };
  const first = connect(shared, opening.client);
  const { requestState } = (await first.request('tools/call', {
    ...params,
    inputResponses: { first: answered },
  })) as { requestState: string };
  const second = connect({ ...shared, ...closing.app }, { ...opening.client, ...closing.client });
  return second.request(closing.method ?? 'tools/call', {
    ...params,
    ...closing.params,
    requestState: closing.state ? closing.state(requestState) : requestState,
    inputResponses: { second: answered },
  });
}

const done = { resultType: 'complete', content: [{ text: 'accept accept' }] };
const refused = {
  rpcCode: -32602,
  message: 'requestState is not valid for this request; send the request again without it.',
};

describe('a state', () => {
  test('is accepted with the request it was made for', async () => {
    expect(await exchange()).toMatchObject(done);
  });

  test('is accepted whatever the order of properties', async () => {
    expect(await exchange({}, { params: { arguments: { tags: { b: [1, 2], a: 1 }, id: 1 } } })).toMatchObject(
      done,
    );
  });

  test('is text that names no answer twice and nothing secret: what the client told, and until when it holds', async () => {
    let state = '';
    await exchange({}, { state: (given) => (state = given) });
    const payload = JSON.parse(Buffer.from(state.split('.')[1]!, 'base64url').toString()) as object;
    expect(Object.keys(payload).toSorted()).toEqual(['answers', 'aud', 'exp', 'sub']);
    expect(payload).toMatchObject({ answers: { first: answered } });
  });

  test.each<[string, (state: string) => unknown]>([
    [
      'changed in its payload',
      (state) =>
        replacePart(state, 1, (payload) => ({ ...payload, answers: { first: answered, second: answered } })),
    ],
    ['changed in its header', (state) => replacePart(state, 0, () => ({ alg: 'none' }))],
    ['without its signature', (state) => `${state.split('.').slice(0, 2).join('.')}.`],
    ['cut short', (state) => state.slice(0, -3)],
    ['of another making', () => 'made-up'],
    ['empty', () => ''],
    ['a number', () => 7],
    ['null', () => null],
    ['an object', () => ({})],
  ])('is refused when it is %s', async (_, state) => {
    await expect(exchange({}, { state })).rejects.toMatchObject(refused);
  });

  test('is refused from another principal', async () => {
    for (const as of [
      { ...ada, id: 'bob' },
      { ...ada, issuer: 'https://evil.example.com' },
      { ...ada, clientId: 'app' },
    ]) {
      await expect(exchange({}, { client: { as } })).rejects.toMatchObject(refused);
    }
    expect(
      await exchange({}, { client: { as: { ...ada, scopes: ['more'] } } }),
      'same principal, new token',
    ).toMatchObject(done);
  });

  test('is refused from another tenant, and from none', async () => {
    await expect(exchange({}, { client: { tenant: 'evil' } })).rejects.toMatchObject(refused);
    await expect(
      exchange({ client: { tenant: undefined as never } }, { client: { tenant: 'null' } }),
    ).rejects.toMatchObject(refused);
  });

  test.each<[string, object]>([
    ['another value', { arguments: { id: 2, tags: { a: 1, b: [1, 2] } } }],
    ['one more', { arguments: { id: 1, tags: { a: 1, b: [1, 2] }, extra: 1 } }],
    ['one less', { arguments: { id: 1 } }],
    ['another order in a list', { arguments: { id: 1, tags: { a: 1, b: [2, 1] } } }],
    ['another tool', { name: 'other' }],
  ])('is refused with other arguments: %s', async (_, params) => {
    await expect(exchange({}, { params })).rejects.toMatchObject(refused);
  });

  test('is refused with another method of the same params', async () => {
    await expect(exchange({ params: { arguments: {} } }, { method: 'prompts/get' })).rejects.toMatchObject(
      refused,
    );
  });

  test('is refused after inputTimeoutMs', async () => {
    const clock = fakeClock();
    const app = { clock, inputTimeoutMs: 60_000 };
    expect(await exchange({ app })).toMatchObject(done);
    const later = fakeClock({ now: clock.now() + 59_000 });
    expect(await exchange({ app }, { app: { clock: later } })).toMatchObject(done);
    const tooLate = fakeClock({ now: clock.now() + 61_000 });
    await expect(exchange({ app }, { app: { clock: tooLate } })).rejects.toMatchObject(refused);
  });

  test('is refused when it is signed by nobody this app knows', async () => {
    await expect(exchange({}, { app: { secrets: [newSecret] } })).rejects.toMatchObject(refused);
    await expect(exchange({ app: { secrets: [] } }), 'a random secret is one process').rejects.toMatchObject(
      refused,
    );
  });

  test('is refused when it is signed with the secret but not by this server', async () => {
    const key = new TextEncoder().encode(oldSecret);
    const foreign = await new SignJWT({ answers: { first: answered } })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(key);
    await expect(exchange({}, { state: () => foreign })).rejects.toMatchObject(refused);
  });
});

describe('a new secret', () => {
  test('in front signs; the old one still opens, until it is taken away', async () => {
    expect(
      await exchange({ app: { secrets: [oldSecret] } }, { app: { secrets: [newSecret, oldSecret] } }),
    ).toMatchObject(done);
    expect(
      await exchange({ app: { secrets: [newSecret, oldSecret] } }, { app: { secrets: [newSecret] } }),
    ).toMatchObject(done);
    await expect(
      exchange({ app: { secrets: [newSecret, oldSecret] } }, { app: { secrets: [oldSecret] } }),
    ).rejects.toMatchObject(refused);
  });
});

test('a handler never runs with a state that was refused', async () => {
  let runs = 0;
  const counted = defineTool({ name: 'counted', run: () => void (runs += 1) });
  const client = createTestClient(testApp().add(counted));
  await expect(
    client.request('tools/call', { name: 'counted', requestState: 'made-up' }),
  ).rejects.toMatchObject(refused);
  expect(runs).toBe(0);
});

function replacePart(state: string, index: number, change: (part: object) => object): string {
  const parts = state.split('.');
  const part = JSON.parse(Buffer.from(parts[index]!, 'base64url').toString()) as object;
  parts[index] = Buffer.from(JSON.stringify(change(part))).toString('base64url');
  return parts.join('.');
}
