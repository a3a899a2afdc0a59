import type { Examination } from '../examination.ts';
import { isStream } from '../messages.ts';
import { excerpt } from '../redact.ts';
import { REMEDIES } from '../remedies.ts';
import type { Verdict } from '../report.ts';
import type { Watched } from '../stream-watch.ts';

type Era = 'modern' | 'legacy';

const NO_STREAM: Verdict = { status: 'skipped', summary: 'The server has no stream that stays open.' };

/** Whether the head of a stream says that it is one, and tells proxies to leave it alone. */
export async function checkStreamHeaders(examination: Examination): Promise<Verdict> {
  const opened = await streamsOf(examination);
  if (opened.length === 0) return NO_STREAM;
  const problems = opened.flatMap(({ era, watched }) =>
    headProblems(watched).map((text) => `${era}: ${text}`),
  );
  const facts = Object.fromEntries(opened.map(({ era, watched }) => [era, headFacts(watched)]));
  if (problems.length === 0) {
    const isSeen = opened.some(({ watched }) => watched.head);
    return isSeen
      ? { status: 'ok', summary: 'Nothing in them lets anybody hold a stream back.', facts }
      : { status: 'skipped', summary: 'No head of a stream came in time.', facts };
  }
  const isBroken = opened.some(({ watched }) => watched.head?.headers['content-length'] !== undefined);
  const summary = `${problems.join('; ')}.`;
  return { status: isBroken ? 'fail' : 'warn', summary, facts, remedies: REMEDIES.streamHeaders };
}

/** Whether what the server sends arrives while the stream is open. */
export async function checkStreaming(examination: Examination): Promise<Verdict> {
  const opened = await streamsOf(examination);
  if (opened.length === 0) return NO_STREAM;
  const facts = Object.fromEntries(opened.map(({ era, watched }) => [era, watchFacts(watched)]));
  const limit = `${examination.settings.firstByteMs / 1000} s`;
  const refused = opened.find(
    ({ watched: { head } }) => head && (head.status !== 200 || !isStream(head.headers)),
  );
  if (refused?.watched.head) {
    const { head, beginning } = refused.watched;
    const type = head.headers['content-type'] ?? 'no type';
    const summary = `The ${NAMES[refused.era]} is no stream: ${head.status}, ${type}. ${excerpt(beginning)}`;
    return { status: refused.era === 'legacy' && head.status === 405 ? 'ok' : 'fail', summary, facts };
  }
  const silent = opened.filter(({ watched }) => watched.firstByteMs === undefined);
  if (silent.length === 0) {
    const slowest = Math.max(...opened.map(({ watched }) => watched.firstByteMs ?? 0));
    return {
      status: 'ok',
      summary: `The first byte of a stream comes after ${Math.round(slowest)} ms.`,
      facts,
    };
  }
  // In 2026-07-28 the first message is due at once; before, a server may wait until it has something to tell.
  const isHeld = silent.some(({ era, watched }) => era === 'modern' || !watched.head);
  const summary = isHeld
    ? `A stream is held back: the ${NAMES[silent[0]!.era]} gave nothing in ${limit}.`
    : `The ${NAMES.legacy} gave nothing in ${limit}: it is held back, or the server sends no comment at its start.`;
  const isOtherFine = opened.length > silent.length;
  const status = isHeld ? 'fail' : isOtherFine ? 'ok' : 'warn';
  return { status, summary, facts, ...(status !== 'ok' && { remedies: REMEDIES.buffering }) };
}

/** Whether a stream on which little happens stays open. */
export async function checkIdle(examination: Examination): Promise<Verdict> {
  const { idleMs, keepAliveMs, firstByteMs } = examination.settings;
  if (idleMs === 0)
    return { status: 'skipped', summary: 'Ask for it (idleMs, --idle 35): it takes that long.' };
  const opened = await examination.watch({ firstByteMs: Math.max(firstByteMs, idleMs), watchMs: idleMs });
  if (opened.length === 0) return NO_STREAM;
  const facts = Object.fromEntries(opened.map(({ era, watched }) => [era, watchFacts(watched)]));
  const cut = opened.find(({ watched }) => watched.endedBy === 'server' && watched.openMs < idleMs);
  if (cut) {
    const { openMs, longestSilenceMs } = cut.watched;
    const summary = `The ${NAMES[cut.era]} was cut after ${seconds(openMs)}, ${seconds(longestSilenceMs)} of it silent.`;
    return { status: 'fail', summary, facts, remedies: REMEDIES.idle };
  }
  const expectedMs = 1.5 * (keepAliveMs ?? ASSUMED_KEEP_ALIVE_MS);
  const quiet = opened.find(({ watched }) => watched.longestSilenceMs > expectedMs || watched.arrivals < 2);
  if (quiet && idleMs > expectedMs) {
    const { longestSilenceMs } = quiet.watched;
    return {
      status: keepAliveMs === undefined ? 'warn' : 'fail',
      summary: `The ${NAMES[quiet.era]} stays open, but gave nothing for ${seconds(longestSilenceMs)}: a proxy holds it back, or the server sends no keep-alive and proxies will cut it.`,
      facts,
      remedies: [...REMEDIES.buffering, ...REMEDIES.idle],
    };
  }
  return { status: 'ok', summary: `Streams stay open for ${seconds(idleMs)}.`, facts };
}

const NAMES: Readonly<Record<Era, string>> = {
  modern: 'answer to subscriptions/listen',
  legacy: 'GET stream of a session',
};
/** That of Toolyard and of the official SDK. */
const ASSUMED_KEEP_ALIVE_MS = 15_000;

/** Both checks of the beginning look at the same streams. */
function streamsOf(examination: Examination) {
  return (examination.firstStreams ??= examination.watch({
    firstByteMs: examination.settings.firstByteMs,
    watchMs: 0,
  }));
}

function headProblems({ head }: Watched): string[] {
  if (!head || head.status !== 200 || !isStream(head.headers)) return [];
  const { headers, httpVersion } = head;
  const coding = headers['content-encoding'];
  const caching = headers['cache-control'] ?? '';
  return [
    ...(headers['content-length'] === undefined ? [] : ['Content-Length ends it after so many bytes']),
    ...(coding === undefined || coding === 'identity' ? [] : [`it is compressed (${coding})`]),
    ...(/no-(cache|store|transform)/.test(caching) ? [] : ['no Cache-Control: no-cache, no-transform']),
    ...(httpVersion === '1.0' ? ['it comes over HTTP/1.0'] : []),
  ];
}

function headFacts({ head }: Watched): unknown {
  if (!head) return undefined;
  const { headers, status, httpVersion } = head;
  const names = [
    'content-type',
    'content-encoding',
    'content-length',
    'cache-control',
    'transfer-encoding',
    'via',
  ];
  const shown = names.flatMap((name) =>
    headers[name] === undefined ? [] : [[name, headers[name]] as const],
  );
  return { status, httpVersion, headers: Object.fromEntries(shown) };
}

function watchFacts({
  head,
  headMs,
  firstByteMs,
  bytes,
  arrivals,
  longestSilenceMs,
  openMs,
  endedBy,
}: Watched): unknown {
  return {
    status: head?.status,
    headMs: round(headMs),
    firstByteMs: round(firstByteMs),
    bytes,
    arrivals,
    longestSilenceMs: round(longestSilenceMs),
    openMs: round(openMs),
    endedBy,
  };
}

function round(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
