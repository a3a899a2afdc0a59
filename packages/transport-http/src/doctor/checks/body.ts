import type { Examination } from '../examination.ts';
import { NoAnswerError } from '../http.ts';
import { responseIn } from '../messages.ts';
import { REMEDIES } from '../remedies.ts';
import type { Verdict } from '../report.ts';

const BYTES = 1_048_576;

/** Whether a request of 1 MiB gets through. */
export async function checkBody(examination: Examination): Promise<Verdict> {
  const message = examination.ping({ _meta: { 'dev.toolyard/padding': 'x'.repeat(BYTES) } });
  try {
    const answer = await examination.post(message);
    const { status } = answer;
    const response = responseIn(answer);
    const facts = { status, bytes: BYTES, answeredBy: response ? 'server' : 'proxy' };
    if (response && 'result' in response) {
      return { status: 'ok', summary: 'A request of 1 MiB is answered.', facts };
    }
    const by = response ? 'the server' : 'something before the server';
    return {
      status: 'fail',
      summary: `A request of 1 MiB is refused with ${status} by ${by}.`,
      facts,
      remedies: REMEDIES.body,
    };
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    return {
      status: 'fail',
      summary: `A request of 1 MiB gets no answer. ${error.message}`,
      facts: { reason: error.reason, bytes: BYTES },
      remedies: REMEDIES.body,
    };
  }
}
