import type { Examination } from '../examination.ts';
import { NoAnswerError } from '../http.ts';
import { legacyMessage, responseIn } from '../messages.ts';
import { REMEDIES } from '../remedies.ts';
import type { Verdict } from '../report.ts';

const CONNECTIONS = 10;

/** Whether a session is found on every new connection, which a balancer may send to another node. */
export async function checkSessions(examination: Examination): Promise<Verdict> {
  const { legacy } = examination;
  if (legacy?.sessionId === undefined) {
    return { status: 'skipped', summary: 'There are no sessions: any node serves any request.' };
  }
  const outcomes = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      try {
        const answer = await examination.post(legacyMessage(legacy, 'ping'));
        const response = responseIn(answer);
        return response && 'result' in response ? 'answered' : String(answer.status);
      } catch (error) {
        if (error instanceof NoAnswerError) return error.reason;
        throw error;
      }
    }),
  );
  const answered = outcomes.filter((outcome) => outcome === 'answered').length;
  const facts = { connections: CONNECTIONS, answered, outcomes };
  if (answered === CONNECTIONS) {
    return { status: 'ok', summary: `One session was found over ${CONNECTIONS} new connections.`, facts };
  }
  const others = [...new Set(outcomes.filter((outcome) => outcome !== 'answered'))].join(', ');
  if (others === '429') {
    return {
      status: 'skipped',
      summary: `A rate limit came first: ${answered} of ${CONNECTIONS} answered.`,
      facts,
    };
  }
  const summary = `One session was found over ${answered} of ${CONNECTIONS} new connections; the others got ${others}.`;
  const remedies = answered === 0 ? [...REMEDIES.sessionHeader, ...REMEDIES.sessions] : REMEDIES.sessions;
  return { status: 'fail', summary, facts, remedies };
}
