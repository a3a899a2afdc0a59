import { describe, expect, test } from 'vitest';

import { differences } from '../src/judge/differences.ts';
import type { Conversation } from '../src/judge/traffic.ts';
import { createPair, describeVerdict, judge, type Pair } from '../src/judge/verdict.ts';
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
