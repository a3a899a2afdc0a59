import type { Examination } from '../examination.ts';
import { NoAnswerError } from '../http.ts';
import { modernMessage, responseIn } from '../messages.ts';
import { isLoopback } from '../options.ts';
import { REMEDIES } from '../remedies.ts';
import type { Verdict } from '../report.ts';

// Reserved names (RFC 2606): nobody's.
const FOREIGN_HOST = 'doctor.invalid';
const FOREIGN_ORIGIN = 'https://doctor.invalid';

/** Whether a name that is not this server's is served all the same, as DNS rebinding needs it. */
export async function checkHost(examination: Examination): Promise<Verdict> {
  try {
    const answer = await examination.post(modernMessage('server/discover'), {
      isAnonymous: true,
      headers: { host: FOREIGN_HOST },
    });
    const { status } = answer;
    const isServed = responseIn(answer) !== undefined && status !== 403 && status !== 421;
    if (!isServed)
      return { status: 'ok', summary: `A foreign Host is refused (${status}).`, facts: { status } };
    const isOpenToPages = isLoopback(examination.settings.url.hostname) && status !== 401;
    return {
      status: isOpenToPages ? 'fail' : 'warn',
      summary: `A request for host ${FOREIGN_HOST} is answered (${status}).`,
      facts: { status },
      remedies: REMEDIES.hostUnchecked,
    };
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    return { status: 'ok', summary: 'A foreign Host gets no answer.', facts: { reason: error.reason } };
  }
}

/** Whether any web page can call the server. */
export async function checkOrigin(examination: Examination): Promise<Verdict> {
  const answer = await examination.post(modernMessage('server/discover'), {
    headers: { origin: FOREIGN_ORIGIN },
  });
  const { status, headers } = answer;
  const allowed = headers['access-control-allow-origin'];
  const facts = { status, allowed };
  const mayRead = allowed === '*' || allowed === FOREIGN_ORIGIN;
  if (status === 403 && !mayRead) {
    return { status: 'ok', summary: 'A foreign Origin is refused (403).', facts };
  }
  const summary = `A page of ${FOREIGN_ORIGIN} is answered with ${status}${mayRead ? ' and may read it' : ''}, not with 403.`;
  const isSafe = status >= 400 && !mayRead;
  return { status: isSafe ? 'warn' : 'fail', summary, facts, remedies: REMEDIES.originUnchecked };
}

const ASKED_HEADERS = [
  'authorization',
  'content-type',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
];

/** Whether pages that may call get past their browser. */
export async function checkPreflight(examination: Examination): Promise<Verdict> {
  const { url, origin = url.origin } = examination.settings;
  const isWanted = examination.settings.origin !== undefined;
  const { status, headers } = await examination.send(undefined, {
    method: 'OPTIONS',
    isAnonymous: true,
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': ASKED_HEADERS.join(','),
    },
  });
  const allowedOrigin = headers['access-control-allow-origin'];
  const facts = {
    origin,
    status,
    allowedOrigin,
    allowedMethods: headers['access-control-allow-methods'],
    allowedHeaders: headers['access-control-allow-headers'],
  };
  if (!isWanted && status === 403) {
    return {
      status: 'ok',
      summary: 'No page of another origin is let in; name one (origin) to check it.',
      facts,
    };
  }
  const problems: string[] = [];
  if (status < 200 || status > 299) problems.push(`it is answered with ${status}`);
  else if (allowedOrigin !== origin && allowedOrigin !== '*') problems.push(`it does not allow ${origin}`);
  else problems.push(...(await missing(examination, origin, facts)));
  if (problems.length === 0) {
    return { status: 'ok', summary: `Pages of ${origin} may call and read the session header.`, facts };
  }
  const summary = `Preflight for ${origin}: ${problems.join('; ')}.`;
  return { status: isWanted ? 'fail' : 'warn', summary, facts, remedies: REMEDIES.preflight };
}

async function missing(
  examination: Examination,
  origin: string,
  { allowedHeaders = '' }: { allowedHeaders: string | undefined },
): Promise<string[]> {
  const allowed = list(allowedHeaders);
  // A wildcard does not cover Authorization.
  const forbidden = ASKED_HEADERS.filter(
    (name) => !allowed.includes(name) && !(allowed.includes('*') && name !== 'authorization'),
  );
  const { headers } = await examination.post(modernMessage('server/discover'), { headers: { origin } });
  const isExposed = list(headers['access-control-expose-headers'] ?? '').some((name) =>
    ['*', 'mcp-session-id'].includes(name),
  );
  return [
    ...(forbidden.length > 0 ? [`these headers are not allowed: ${forbidden.join(', ')}`] : []),
    ...(isExposed ? [] : ['Mcp-Session-Id is not exposed']),
  ];
}

function list(header: string): string[] {
  return header.split(',').map((name) => name.trim().toLowerCase());
}
