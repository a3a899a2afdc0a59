import { answers, messageOf, page, type Difference } from '../difference.ts';
import type { Step } from '../traffic.ts';

/** What HTTP has to say. */
export const httpDifferences: readonly Difference[] = [
  {
    name: 'JSON where nothing streams',
    what: 'A request of a 2025 client with nothing to say before its answer gets one JSON body; the SDK opens a stream.',
    why: 'It is cheaper for both, and no connection can break in between.',
    rule: {
      url: page('2025-11-25', 'basic/transports#sending-messages-to-the-server'),
      says: 'The server MUST either return text/event-stream or application/json. The client MUST support both.',
    },
    covers: ({ field, ours, theirs }) => field === 'body' && ours === 'json' && theirs === 'stream',
  },
  {
    name: 'Accept is read leniently',
    what: 'Accept is missing, has a wildcard, or names one of the two types: the SDK answers 2025 clients 406.',
    why: 'Whatever the client takes is there to be sent; curl and simple clients work.',
    rule: {
      url: 'https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1',
      says: 'A request without any Accept header field implies that the user agent will accept any media type.',
    },
    covers: (deviation) => answers(deviation, /^(?!406|415)/, '406 error -32000'),
  },
  {
    name: 'Accept is honoured',
    what: 'Clients get a type they named, or 406: one JSON body where they take no stream, a stream where they take no JSON. The SDK does not look in 2026, and looks for substrings in 2025.',
    why: 'A client that cannot read the answer is told so, instead of getting it.',
    rule: {
      url: 'https://www.rfc-editor.org/rfc/rfc9110#section-15.5.7',
      says: '406: no current representation would be acceptable to the user agent.',
    },
    covers(deviation, { step }) {
      const accept = step.headers['accept'] ?? '*/*';
      const takesStream = /(^|[ ,])(text|\*)\/(event-stream|\*)($|[ ,;])/i.test(accept);
      const takesJson = /(^|[ ,])(application|\*)\/(json|\*)($|[ ,;])/i.test(accept);
      if (deviation.field === 'body') return deviation.ours === 'stream' && !takesJson;
      if (answers(deviation, '406 error -32000', /./)) return !takesStream;
      return answers(deviation, '200 result', /^200 notifications\/progress.*result$/) && !takesStream;
    },
  },
  {
    name: 'what is wrong whoever asks comes first',
    what: 'Of several things that are wrong with a request we name the first of: type, Accept, body, session. The SDK starts with Accept or the session.',
    why: 'Sessions are looked up for requests that could be served.',
    covers: (deviation, { step }) =>
      answers(deviation, '415 error -32000', /^40[46] error -3200[01]$/) ||
      (answers(deviation, /^40[05] error -32[07]00$/, '404 error -32001') &&
        'mcp-session-id' in step.headers),
  },
  {
    name: 'OPTIONS is served',
    what: 'Allow names OPTIONS, and OPTIONS is answered 204.',
    why: 'Web pages ask before they send; the SDK leaves that to its host.',
    rule: {
      url: 'https://fetch.spec.whatwg.org/#cors-preflight-fetch',
      says: 'A CORS-preflight request uses OPTIONS.',
    },
    covers: (deviation, { step }) =>
      deviation.field === 'allow'
        ? deviation.ours === 'DELETE, GET, OPTIONS, POST' && deviation.theirs === 'DELETE, GET, POST'
        : answers(deviation, '204', /^40[1345] /) && step.method === 'OPTIONS',
  },
  {
    name: 'Host and Origin are read strictly',
    what: 'Hosts with a user or a path, other spellings of 127.0.0.1, and origins no browser writes are refused; the SDK reads them like URLs.',
    why: 'These headers are the guard against DNS rebinding: what is not plainly allowed is not.',
    rule: {
      url: page('2026-07-28', 'basic/transports/streamable-http#security-endpoint'),
      says: 'If the Origin header is present and invalid, servers MUST respond with HTTP 403 Forbidden.',
    },
    covers: (deviation, { step }) => answers(deviation, '403 error -32000', /./) && isOddlyAddressed(step),
  },
  {
    name: 'requests made in process need no Host',
    what: 'A web-standard request without Host: we take the host of its URL, the SDK refuses it.',
    why: 'Such requests come from code, or from an adapter; those that come over HTTP/1.1 have one, or get 400 from Node.',
    rule: {
      url: 'https://www.rfc-editor.org/rfc/rfc9110#section-7.2',
      says: 'A user agent MUST generate a Host header field in a request unless it sends that information as :authority.',
    },
    covers: (deviation, { step }) => answers(deviation, /./, '403 error -32000') && !('host' in step.headers),
  },
  {
    name: 'initialize may name a newer version in its header',
    what: 'initialize without an envelope, with MCP-Protocol-Version 2026-07-28: the SDK calls that a contradiction.',
    why: 'Clients that tried 2026-07-28 first send it along (anthropics/claude-code#92835); the body says which revision they want.',
    rule: {
      url: page('2025-11-25', 'basic/transports#protocol-version-header'),
      says: 'The client MUST include the header on all subsequent requests: initialize has none that could count.',
    },
    covers: (deviation, { step }) =>
      answers(deviation, /^(200 |40[04] error -3200[01]$)/, '400 error -32020') &&
      messageOf(step)['method'] === 'initialize',
  },
  {
    name: 'refusals are JSON-RPC errors',
    what: 'The body of 401, and of 403 for want of a scope, is a JSON-RPC error; that of the SDK is an OAuth error.',
    why: 'The status and WWW-Authenticate say what OAuth wants to know; an MCP client can read the rest.',
    rule: {
      url: page('2026-07-28', 'basic/authorization#error-handling'),
      says: 'Names the status codes and the WWW-Authenticate header, no body.',
    },
    covers: (deviation) =>
      answers(deviation, /^40[13] error /, /^40[13] other$/) &&
      statusOf(deviation.ours) === statusOf(deviation.theirs),
  },
  {
    name: 'a token ends where the header does',
    what: 'Authorization goes on after the token, with a comma: unknown here; the SDK reads as far as the comma.',
    why: 'Two headers arrive as one like this, and a proxy may have checked the other.',
    rule: {
      url: 'https://www.rfc-editor.org/rfc/rfc6750#section-2.1',
      says: 'credentials = "Bearer" 1*SP b64token, which has no comma.',
    },
    covers: (deviation, { step }) =>
      answers(deviation, '401 error -32000', /^(?!401)/) &&
      step.headers['authorization']?.includes(',') === true,
  },
  {
    name: 'lists hide what scopes forbid',
    what: 'A tool the token may not use is not listed; the SDK lists it.',
    why: 'A model cannot be tempted by what it does not see.',
    rule: {
      url: page('2026-07-28', 'server/tools#capabilities'),
      says: "The set MAY vary by the authorization presented, for example only the tools the caller's granted scopes permit.",
    },
    covers: ({ field, ours, theirs }, { step }) =>
      field === 'messages.0.result.tools' &&
      step.headers['authorization']?.endsWith('reader') === true &&
      (ours as unknown[]).length === (theirs as unknown[]).length - 1,
  },
];

/** Whether Host or Origin is more than a name and a port, as no browser writes them. */
function isOddlyAddressed({ headers: { host = '', origin } }: Step): boolean {
  const isPlainOrigin =
    origin === undefined || /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(origin);
  return !/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host) || !isPlainOrigin;
}

function statusOf(answer: unknown): string {
  return String(answer).slice(0, 3);
}
