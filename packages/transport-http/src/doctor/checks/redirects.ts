import type { Examination } from '../examination.ts';
import { NoAnswerError } from '../http.ts';
import { modernMessage, responseIn } from '../messages.ts';
import { REMEDIES } from '../remedies.ts';
import type { Verdict } from '../report.ts';

/** What becomes of a POST to the plain-http address beside an https one. */
export async function checkRedirects(examination: Examination): Promise<Verdict> {
  const { plainUrl } = examination.settings;
  if (!plainUrl) return { status: 'skipped', summary: 'There is no plain-http address beside this URL.' };
  try {
    const answer = await examination.post(modernMessage('server/discover'), {
      url: plainUrl,
      isAnonymous: true,
    });
    const { status, headers } = answer;
    const location = headers['location'];
    const facts = { status, location };
    if (status === 307 || status === 308) {
      return { status: 'ok', summary: `http redirects with ${status}, which keeps method and body.`, facts };
    }
    if (status >= 300 && status < 400) {
      const summary = `http redirects with ${status}, which turns POST into GET: with an http URL clients fail oddly.`;
      return { status: 'warn', summary, facts, remedies: REMEDIES.redirect };
    }
    if (responseIn(answer) && status < 400) {
      const summary = 'http serves MCP as well: a client with that URL sends its token in the clear.';
      return { status: 'warn', summary, facts, remedies: REMEDIES.redirect };
    }
    return { status: 'ok', summary: `http answers ${status}.`, facts };
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    return { status: 'ok', summary: 'http is not served.', facts: { reason: error.reason } };
  }
}
