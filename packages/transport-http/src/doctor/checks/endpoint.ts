import type { Examination } from '../examination.ts';
import { NoAnswerError, type Answer } from '../http.ts';
import { isStream, modernMessage, responseIn } from '../messages.ts';
import { excerpt } from '../redact.ts';
import { REMEDIES } from '../remedies.ts';
import type { Verdict } from '../report.ts';

/** Whether MCP is at this URL, and where else it may be. */
export async function checkEndpoint(examination: Examination): Promise<Verdict> {
  const answer = await examination.post(modernMessage('server/discover'));
  const { status, headers, headMs } = answer;
  examination.discovered = answer;
  const facts = {
    status,
    contentType: headers['content-type'],
    server: headers['server'],
    answerMs: Math.round(headMs),
    ...(status >= 400 && { body: excerpt(answer.text) }),
  };
  if (status >= 300 && status < 400) {
    const location = excerpt(headers['location'] ?? 'nowhere');
    const summary = `It redirects to ${location} with ${status}; clients lose the body or do not follow.`;
    return { status: 'fail', summary, facts: { ...facts, location }, remedies: REMEDIES.redirect };
  }
  if (status === 401) return { status: 'ok', summary: 'It wants credentials (401).', facts };
  if (status === 403) {
    const isHost = /\bhost\b/i.test(answer.text);
    const summary = isHost
      ? `The server refuses the Host header that reaches it: ${excerpt(messageIn(answer))}`
      : `It refuses (403): ${excerpt(messageIn(answer))}`;
    return { status: 'fail', summary, facts, remedies: isHost ? REMEDIES.hostRefused : REMEDIES.forbidden };
  }
  if ([502, 503, 504].includes(status) || (status >= 520 && status < 530)) {
    const summary = `A proxy answers, but not the server behind it (${status}).`;
    return { status: 'fail', summary, facts, remedies: REMEDIES.upstreamDown };
  }
  // An unknown method of MCP is 404 as well, with that error.
  const response = responseIn(answer);
  const isNoSuchPath =
    status === 404 && response !== undefined && 'error' in response && response.error.code !== -32601;
  if (response && !isNoSuchPath) {
    return { status: 'ok', summary: `It answers JSON-RPC (${status}, ${facts.answerMs} ms).`, facts };
  }
  if (await isOldTransport(examination)) {
    const summary = 'It is an HTTP+SSE server of 2024-11-05: only clients with that transport can connect.';
    return { status: 'fail', summary, facts, remedies: [UPDATE] };
  }
  const found = await findElsewhere(examination);
  const where = found ? ` MCP answers at ${found}.` : '';
  const summary =
    `No MCP here: ${status} ${facts.contentType ?? ''} ${excerpt(messageIn(answer), 80)}`.trim() + where;
  return { status: 'fail', summary, facts: { ...facts, found }, remedies: REMEDIES.path };
}

const UPDATE = {
  where: 'server',
  setting: 'Serve Streamable HTTP, which replaced it in 2025-03-26',
} as const;

function messageIn(answer: Answer): string {
  const response = responseIn(answer);
  return response && 'error' in response ? response.error.message : answer.text.replaceAll(/<[^>]*>/g, ' ');
}

/** Its GET answers with a stream whose first event is named `endpoint`. */
async function isOldTransport(examination: Examination): Promise<boolean> {
  try {
    const { headers, text } = await examination.send(undefined, {
      headers: { accept: 'text/event-stream' },
      isEnough: (received) => received.includes('\n\n'),
    });
    return isStream(headers) && /^event: ?endpoint$/m.test(text);
  } catch (error) {
    if (error instanceof NoAnswerError) return false;
    throw error;
  }
}

/** Looks where a prefix was added, stripped or forgotten. Without credentials: a 401 is found as well. */
async function findElsewhere(examination: Examination): Promise<string | undefined> {
  const { url } = examination.settings;
  const segments = url.pathname.split('/').filter(Boolean);
  const paths = new Set([
    `/${[...segments, 'mcp'].join('/')}`,
    `/${segments.slice(1).join('/')}`,
    '/mcp',
    url.pathname.endsWith('/') ? url.pathname.slice(0, -1) || '/' : `${url.pathname}/`,
    '/',
  ]);
  paths.delete(url.pathname);
  for (const path of paths) {
    const candidate = new URL(path, url);
    try {
      const answer = await examination.post(modernMessage('server/discover'), {
        url: candidate,
        isAnonymous: true,
      });
      const isWanted = answer.status === 401 || answer.status < 300 || answer.status === 400;
      if (isWanted && responseIn(answer)) return candidate.href;
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
    }
  }
  return undefined;
}
