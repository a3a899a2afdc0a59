import { compare, type Deviation } from './compare.ts';
import type { Difference, Occurrence } from './difference.ts';
import { differences } from './differences.ts';
import { createOurServer } from './our-server.ts';
import { isQuestion, UNFINISHED, type Outcome } from './outcome.ts';
import { play, type Fetch, type Patience } from './play.ts';
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
  /** Whether the answers as a whole differ for a listed reason, so that the servers may know different things now. */
  readonly parts: boolean;
}

/** Sends a conversation to both servers and judges each answer. */
export async function judge(
  conversation: Conversation,
  pair: Pair,
  options: Patience = {},
): Promise<Verdict[]> {
  const [ours, theirs] = await Promise.all([
    play(conversation, pair.ours, options),
    play(conversation, pair.theirs, options),
  ]);
  return conversation.steps.map((step, index) =>
    judgeStep({
      step,
      before: conversation.steps.slice(0, index),
      after: conversation.steps.slice(index + 1),
      ours: ours[index]!,
      theirs: theirs[index]!,
    }),
  );
}

/**
 * The step of a conversation with something wrong that was answered with another status, or other messages, for no
 * listed reason. Nothing is said of conversations in which the servers part for a listed one: all else follows from it.
 */
export function disagreement(verdicts: readonly Verdict[]): Verdict | undefined {
  if (verdicts.some(({ parts }) => parts)) return undefined;
  return verdicts.find(
    (verdict) =>
      !isMatterOfTime(verdict) &&
      verdict.unexplained.some(
        // A question without an answer keeps ours open.
        ({ field }) =>
          field === 'answer' ||
          (field === 'body' &&
            verdict.theirs.body !== UNFINISHED &&
            !isQuestion(verdict.ours.messages.at(-1))),
      ),
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

/**
 * Whether two good servers may differ in the messages of an answer: a stream that stays open has no last one, one that
 * is resumed may have moved on, and after a question all depends on what answers were lost. The traffic written by hand
 * compares these, with nothing lost.
 */
function isMatterOfTime({ step, ours, theirs }: Verdict): boolean {
  if (ours.status !== theirs.status) return false;
  const isResumed = step.method === 'GET' && 'last-event-id' in step.headers;
  return (
    step.open === true || isResumed || (ours.messages.some(isQuestion) && theirs.messages.some(isQuestion))
  );
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 300);
}

function judgeStep(occurrence: Occurrence): Verdict {
  const { step, ours, theirs } = occurrence;
  const found = new Set<string>();
  let parts = false;
  const unexplained = compare(ours, theirs).filter((deviation) => {
    const known = differences.find((difference: Difference) => difference.covers(deviation, occurrence));
    if (known) found.add(known.name);
    parts ||= known !== undefined && deviation.field === 'answer';
    return !known;
  });
  return { step, ours, theirs, unexplained, found: [...found], parts };
}
