import { compare } from '../compare.ts';
import type { Base } from '../judge-mutation.ts';
import { mutate, type Mutation } from '../mutations/families.ts';
import { createOurHandler } from '../our-server.ts';
import { isQuestion, type Outcome } from '../outcome.ts';
import { overHttp } from '../over-http.ts';
import { play, type Fetch } from '../play.ts';
import { modern, type Conversation, type Step } from '../traffic.ts';
import { brokenBy } from './invariants.ts';
import { recordAnswers } from './record.ts';

/** Sends a conversation with something wrong to our server alone, by both entries; gives what it broke, as text. */
export async function tryMutation(base: Base, mutations: readonly Mutation[]): Promise<string[]> {
  const conversation = mutate(base.conversation, mutations);
  const [byFetch, byNode] = await Promise.all([
    tryEntry(conversation, base, 'fetch'),
    tryEntry(conversation, base, 'node'),
  ]);
  const apart = conversation.steps.some(mayDiffer)
    ? []
    : conversation.steps.flatMap((step, index) =>
        differing(step, byFetch.outcomes[index]!, byNode.outcomes[index]!),
      );
  return [...byFetch.broken, ...byNode.broken, ...apart];
}

interface Tried {
  readonly outcomes: readonly Outcome[];
  readonly broken: readonly string[];
}

async function tryEntry(
  conversation: Conversation,
  { authenticated }: Base,
  entry: 'fetch' | 'node',
): Promise<Tried> {
  const handler = createOurHandler({ authenticated });
  const target = entry === 'node' ? await overHttp(handler) : undefined;
  const { fetch, answers } = recordAnswers(target?.fetch ?? ((request) => handler.fetch(request)));
  try {
    const outcomes = await play(conversation, fetch, { patienceMs: 5000, unansweredMs: 100 });
    const broken = conversation.steps.flatMap((step, index) =>
      brokenBy(conversation, index, outcomes[index]!, answers[index]).map(
        (problem) => `${entry}: ${problem}\n  ${step.method} ${(step.body ?? '').slice(0, 500)}`,
      ),
    );
    const opened = new Set(answers.flatMap((answer) => answer?.headers.get('mcp-session-id') ?? []));
    const ended = conversation.steps.filter(
      ({ method }, index) => method === 'DELETE' && answers[index]?.status === 200,
    );
    const left = opened.size - ended.length;
    if (handler.sessionCount !== left)
      broken.push(`${entry}: ${handler.sessionCount} sessions instead of ${left}`);
    broken.push(...(await aliveProblems(fetch, authenticated)));
    return { outcomes, broken };
  } finally {
    await handler.close({ deadlineMs: 0 });
    await target?.close();
  }
}

/** Whether the server still serves the next client. */
async function aliveProblems(fetch: Fetch, authenticated: boolean): Promise<string[]> {
  const headers = authenticated ? { authorization: 'Bearer reader' } : {};
  const step = modern('tools/call', { name: 'add', arguments: { a: 1, b: 2 } }, { headers });
  const [outcome] = await play({ name: 'alive', steps: [step] }, fetch);
  return outcome!.status === 200 ? [] : [`afterwards a call got ${outcome!.status}`];
}

/**
 * Whether the entries may get something else: requests at once overtake each other on connections, Node looks at
 * methods, Host and Content-Length itself, and HEAD has no body there.
 */
function mayDiffer({ headers, method, atOnce }: Step): boolean {
  const isKnown = ['POST', 'GET', 'DELETE', 'PUT', 'PATCH', 'OPTIONS'].includes(method);
  return !isKnown || atOnce === true || !('host' in headers) || 'content-length' in headers;
}

/** Where the entries differ. */
function differing({ open }: Step, byFetch: Outcome, byNode: Outcome): string[] {
  if (open) return [];
  if (byFetch.messages.some(isQuestion) && byNode.messages.some(isQuestion)) return [];
  return compare(byFetch, byNode).map(
    ({ field, ours, theirs }) =>
      `the entries differ in ${field}: fetch ${JSON.stringify(ours)}, node ${JSON.stringify(theirs)}`,
  );
}
