import { compare, type Deviation } from './compare.ts';
import type { Difference, Occurrence } from './difference.ts';
import { differences } from './differences.ts';
import { createOurServer } from './our-server.ts';
import type { Outcome } from './outcome.ts';
import { play, type Fetch } from './play.ts';
import { createSdkServer } from './sdk-server.ts';
import type { Conversation, Step } from './traffic.ts';

/** Both servers, with the same definitions. */
export interface Pair {
  readonly ours: Fetch;
  readonly theirs: Fetch;
}

export function createPair(options: { authenticated?: boolean | undefined } = {}): Pair {
  return { ours: createOurServer(options), theirs: createSdkServer(options) };
}

/** A step in which the servers differ, and which of the listed differences say so. */
export interface Verdict {
  readonly step: Step;
  readonly ours: Outcome;
  readonly theirs: Outcome;
  /** Deviations that no listed difference covers. */
  readonly unexplained: readonly Deviation[];
  /** Names of the differences that were found. */
  readonly found: readonly string[];
}

/** Sends a conversation to both servers and judges each answer. */
export async function judge(conversation: Conversation, pair: Pair): Promise<Verdict[]> {
  const [ours, theirs] = await Promise.all([play(conversation, pair.ours), play(conversation, pair.theirs)]);
  return conversation.steps.map((step, index) =>
    judgeStep({
      step,
      before: conversation.steps.slice(0, index),
      ours: ours[index]!,
      theirs: theirs[index]!,
    }),
  );
}

/** A verdict for people: the request, what both answered, and what nothing explains. */
export function describeVerdict({ step, ours, theirs, unexplained }: Verdict): string {
  const headers = Object.entries(step.headers).map(([name, value]) => `  ${name}: ${value}`);
  return [
    step.method,
    ...headers,
    `  ${step.body ?? ''}`.slice(0, 1000),
    ...unexplained.map(
      ({ field, ours: our, theirs: their }) => `  ${field}: ours ${show(our)}, theirs ${show(their)}`,
    ),
    `  ours:   ${show(ours.messages)}`,
    `  theirs: ${show(theirs.messages)}`,
  ].join('\n');
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 300);
}

function judgeStep(occurrence: Occurrence): Verdict {
  const { step, ours, theirs } = occurrence;
  const found = new Set<string>();
  const unexplained = compare(ours, theirs).filter((deviation) => {
    const known = differences.find((difference: Difference) => difference.covers(deviation, occurrence));
    if (known) found.add(known.name);
    return !known;
  });
  return { step, ours, theirs, unexplained, found: [...found] };
}
