import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { differences } from '../src/judge/differences.ts';
import { mutate, type Mutation } from '../src/judge/mutate.ts';
import { inSession, modern, opening, request, type Conversation } from '../src/judge/traffic.ts';
import { createPair, describeVerdict, judge, type Pair } from '../src/judge/verdict.ts';
import { examples } from './traffic/examples.ts';
import { trafficSets } from './traffic/index.ts';

/** Conversations under way at once; most of their time goes by waiting. */
const AT_ONCE = 40;

describe('the SDK as judge', () => {
  const found = new Set<string>();

  test.each(trafficSets)(
    'agrees, or the difference is listed: $name',
    async ({ conversations, authenticated }) => {
      expect(await judgeAll(conversations, createPair({ authenticated }), found)).toEqual([]);
    },
  );

  test('every difference that is listed still occurs', () => {
    expect(differences.map(({ name }) => name).filter((name) => !found.has(name))).toEqual([]);
  });
});

describe('the list of differences', () => {
  test('names each once', () => {
    expect(new Set(differences.map(({ name }) => name)).size).toBe(differences.length);
  });

  test.each(differences)('says what differs, and why: $name', ({ what, why }) => {
    expect([what, why]).toEqual([expect.stringMatching(/\.$/), expect.stringMatching(/\.$/)]);
  });

  test.each(differences.filter(({ rule }) => rule))('names the paragraph: $name', ({ rule }) => {
    expect(rule).toEqual({
      url: expect.stringMatching(/^https:\/\/.+#/),
      says: expect.stringMatching(/\.$/),
    });
  });
});

describe('requests with something wrong', () => {
  const pair = createPair();
  // Always the same requests, but in the proof, which is there to find new ones.
  const { numRuns, ...runs } = process.env['TOOLYARD_PROOF']
    ? { numRuns: 20_000 }
    : { numRuns: 200, seed: 20260728 };

  test.each(['2026-07-28', 'a session'])(
    'get the same status and code in %s',
    { timeout: numRuns * 50 },
    async (era) => {
      await fc.assert(
        fc.asyncProperty(wellFormed, mutations, async ({ method, params, headers }, changes) => {
          const steps =
            era === 'a session'
              ? [...opening(), mutate(inSession(request(method, params)), changes)]
              : [mutate(modern(method, params, { headers }), changes)];
          const verdict = (await judge({ name: method, steps }, pair)).at(-1)!;
          const isLike = verdict.unexplained.every(({ field }) => field !== 'answer');
          expect(isLike ? '' : describeVerdict(verdict)).toBe('');
        }),
        { numRuns, ...runs },
      );
    },
  );
});

const wellFormed = fc.constantFrom(
  { method: 'server/discover', params: {}, headers: {} },
  ...examples.map(({ method, params }) => ({ method, params, headers: {} })),
  {
    method: 'tools/call',
    params: { name: 'route', arguments: { region: 'eu' } },
    headers: { 'mcp-param-region': 'eu' },
  },
);

const value = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    0,
    1.5,
    2 ** 53,
    '',
    'x',
    true,
    [],
    ['a'],
    {},
    '2025-11-25',
    '2026-07-28',
    '2027-01-01',
  ),
  fc.jsonValue(),
);

const headerValue = fc.constantFrom(
  undefined,
  '',
  'x',
  'add',
  'tools/call',
  'tools/list',
  '2025-11-25',
  '2026-07-28',
  '=?base64?YWRk?=',
  'application/json',
  'text/event-stream',
  'text/html',
);

const place = fc.nat(40);

const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('delete'), place }),
    fc.record({ kind: fc.constantFrom('replace', 'add'), place, value }),
    fc.record({ kind: fc.constant('header'), place, value: headerValue }),
  ),
  { minLength: 1, maxLength: 3 },
);

/** Sends all conversations to both servers; gives what no listed difference explains, as text. */
async function judgeAll(
  conversations: readonly Conversation[],
  pair: Pair,
  found: Set<string>,
): Promise<string[]> {
  const unexplained: string[] = [];
  const queue = [...conversations];
  const work = async () => {
    for (let conversation = queue.shift(); conversation; conversation = queue.shift()) {
      // Those that change the lists need servers of their own.
      const own = conversation.steps.some(({ body }) => body?.includes('"test_trigger_'))
        ? createPair()
        : pair;
      for (const verdict of await judge(conversation, own)) {
        for (const name of verdict.found) found.add(name);
        if (verdict.unexplained.length > 0)
          unexplained.push(`${conversation.name}\n${describeVerdict(verdict)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return unexplained;
}
