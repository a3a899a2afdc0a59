import { isRecord } from '@toolyard/core/protocol';

import type { Examination } from '../examination.ts';
import { NoAnswerError, type Answer } from '../http.ts';
import { modernMessage } from '../messages.ts';
import { isLoopback } from '../options.ts';
import { REMEDIES } from '../remedies.ts';
import type { Verdict } from '../report.ts';

/** Whether clients without a token find out how to get one, and whether the one given is taken. */
export async function checkAuth(examination: Examination): Promise<Verdict> {
  const { settings, discovered } = examination;
  const hasCredentials = Object.keys(settings.headers).length > 0 && settings.sendsCredentials;
  const refused = discovered?.status === 401;
  examination.isLockedOut = refused;
  const bare = hasCredentials
    ? await examination.post(modernMessage('server/discover'), { isAnonymous: true })
    : discovered;
  if (bare?.status !== 401) {
    const summary = `Requests without credentials are answered (${bare?.status}).`;
    const facts = { status: bare?.status };
    const isPublic = !isLoopback(settings.url.hostname);
    return { status: isPublic ? 'warn' : 'ok', summary, facts, ...(isPublic && { remedies: [OPEN] }) };
  }
  const challenge = await judgeChallenge(examination, bare);
  if (!refused || !hasCredentials) return challenge;
  const summary = `The credentials are refused (401): ${discovered?.headers['www-authenticate'] ?? 'no reason is given'}`;
  return { ...challenge, status: 'fail', summary, remedies: REMEDIES.credentialsRefused };
}

const OPEN = { where: 'server', setting: 'auth: everybody who reaches this URL can call its tools' } as const;

async function judgeChallenge(examination: Examination, { headers }: Answer): Promise<Verdict> {
  const header = headers['www-authenticate'];
  const facts = { challenge: header };
  if (!header) {
    const summary = 'The 401 has no WWW-Authenticate header: clients cannot tell how to sign in.';
    return { status: 'fail', summary, facts, remedies: REMEDIES.authenticate };
  }
  const { url } = examination.settings;
  const named = /\bresource_metadata="?([^\s",]+)/i.exec(header)?.[1];
  const metadataUrl = named ?? new URL(`/.well-known/oauth-protected-resource${url.pathname}`, url).href;
  const isFetchable = URL.canParse(metadataUrl) && mayFetch(url, new URL(metadataUrl));
  if (!isFetchable) {
    const summary = `resource_metadata is ${metadataUrl}, which clients of ${url.origin} cannot or must not fetch.`;
    return { status: 'fail', summary, facts: { ...facts, metadataUrl }, remedies: REMEDIES.resourceMetadata };
  }
  const found = await fetchMetadata(examination, new URL(metadataUrl));
  if (typeof found === 'string') {
    return named === undefined
      ? {
          status: 'warn',
          summary:
            'The 401 names no resource_metadata: only clients that have a key or token already can sign in.',
          facts,
          remedies: REMEDIES.authenticate,
        }
      : {
          status: 'fail',
          summary: `resource_metadata does not resolve: ${metadataUrl} ${found}.`,
          facts: { ...facts, metadataUrl },
          remedies: REMEDIES.resourceMetadata,
        };
  }
  const { resource, authorization_servers: servers } = found;
  const more = { ...facts, metadataUrl, resource, authorizationServers: servers };
  if (typeof resource !== 'string' || !isSameResource(resource, url)) {
    const summary = `The metadata is for ${String(resource)}, not for ${url.origin}${url.pathname}: clients must refuse it.`;
    return { status: 'fail', summary, facts: more, remedies: REMEDIES.resourceMetadata };
  }
  if (!Array.isArray(servers) || servers.length === 0) {
    const summary = 'The metadata names no authorization server.';
    return { status: 'fail', summary, facts: more, remedies: REMEDIES.resourceMetadata };
  }
  return {
    status: 'ok',
    summary: `401 leads to ${metadataUrl}, issued by ${servers.join(', ')}.`,
    facts: more,
  };
}

/** The document, or what is wrong with it. */
async function fetchMetadata(examination: Examination, url: URL): Promise<Record<string, unknown> | string> {
  try {
    const { status, text } = await examination.send(undefined, {
      url,
      isAnonymous: true,
      headers: { accept: 'application/json' },
    });
    if (status !== 200) return `answers ${status}`;
    const document: unknown = JSON.parse(text);
    return isRecord(document) ? document : 'is no JSON object';
  } catch (error) {
    if (error instanceof NoAnswerError) return `does not answer: ${error.message}`;
    if (error instanceof SyntaxError) return 'is not JSON';
    throw error;
  }
}

/** A server must not send us, or any client, to places on the inside. */
function mayFetch(from: URL, to: URL): boolean {
  if (to.origin === from.origin) return true;
  return to.protocol === 'https:' && (isLoopback(from.hostname) || !isLoopback(to.hostname));
}

/** Compared as URLs are: RFC 9728 lets a resource be the origin or the whole path. */
function isSameResource(resource: string, { origin, pathname }: URL): boolean {
  if (!URL.canParse(resource)) return false;
  const named = new URL(resource);
  const path = withoutEnd(named.pathname);
  return (
    named.origin === origin &&
    (path === '' || withoutEnd(pathname) === path || pathname.startsWith(`${path}/`))
  );
}

function withoutEnd(path: string): string {
  return path.replace(/\/$/, '');
}
