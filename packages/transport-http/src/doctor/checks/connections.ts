import type { Examination } from '../examination.ts';
import { keepAliveAgent } from '../http.ts';
import { REMEDIES } from '../remedies.ts';
import type { Verdict } from '../report.ts';

/** Whether a second request can use the connection of the first. */
export async function checkKeepAlive(examination: Examination): Promise<Verdict> {
  const { url, ca } = examination.settings;
  const agent = keepAliveAgent(url, ca);
  try {
    const first = await examination.post(examination.ping(), { agent, isEnough: () => false });
    const second = await examination.post(examination.ping(), { agent, isEnough: () => false });
    const facts = {
      reused: second.wasReused,
      keepAlive: first.headers['keep-alive'],
      firstMs: Math.round(first.headMs),
      secondMs: Math.round(second.headMs),
    };
    if (second.wasReused)
      return { status: 'ok', summary: 'A connection serves more than one request.', facts };
    const summary = 'Each request needs a connection of its own, which costs most of its time.';
    return { status: 'warn', summary, facts, remedies: REMEDIES.keepAlive };
  } finally {
    agent.destroy();
  }
}

const WARN_SECONDS = 30;
const FAIL_SECONDS = 300;

/** Whether the server's clock agrees with ours, as tokens need it. */
export async function checkClock(examination: Examination): Promise<Verdict> {
  // Not a kept answer: its Date may be a cache's.
  const { headers, receivedAt, headMs } = await examination.post(examination.ping());
  const date = headers['date'];
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) return { status: 'skipped', summary: 'Answers have no Date header.' };
  // The header has whole seconds, and was written half way through.
  const skewSeconds = Math.round((theirs + 500 - (receivedAt - headMs / 2)) / 1000);
  const facts = { date, skewSeconds };
  const size = Math.abs(skewSeconds);
  if (size <= WARN_SECONDS) return { status: 'ok', summary: `The clocks differ by ${size} s.`, facts };
  const summary = `The server's clock is ${size} s ${skewSeconds > 0 ? 'ahead' : 'behind'}, or ours is wrong.`;
  return { status: size > FAIL_SECONDS ? 'fail' : 'warn', summary, facts, remedies: REMEDIES.clock };
}
