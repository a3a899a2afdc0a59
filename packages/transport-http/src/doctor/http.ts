import {
  Agent as HttpAgent,
  request as requestHttp,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';

import { ToolyardError, type Clock } from '@toolyard/core';

import type { HttpHeaders } from '../endpoint/message.ts';

/** A request to make. */
export interface ProbeRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: HttpHeaders;
  readonly body?: string | undefined;
  /** Default: a connection of its own. */
  readonly agent?: HttpAgent | HttpsAgent | undefined;
  /** Whether what has come is all that is wanted, although more may follow. */
  readonly isEnough?: ((text: string) => boolean) | undefined;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly httpVersion: string;
  /** The body, or its beginning. */
  readonly text: string;
  /** From the first byte sent to the head of the answer. */
  readonly headMs: number;
  /** The clock's time when the head came. */
  readonly receivedAt: number;
  /** Whether the connection had served a request before. */
  readonly wasReused: boolean;
}

/** No answer came. */
export class NoAnswerError extends ToolyardError {
  override readonly name = 'NoAnswerError';
  /** Node's code: `ECONNREFUSED`, `CERT_HAS_EXPIRED`, …; `TIMEOUT` for our own limit. */
  readonly reason: string;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super('NO_ANSWER', message, options);
    this.reason = reason;
  }
}

/** What bounds a request. */
export interface ProbeLimits {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly ca: string | undefined;
}

/** Longest body that is read. */
const MAX_BYTES = 256 * 1024;

/**
 * Makes one request and reads the answer. Follows no redirect.
 *
 * @throws {NoAnswerError} `NO_ANSWER`
 * @throws the reason of `limits.signal` when that aborts.
 */
export async function probe(asked: ProbeRequest, limits: ProbeLimits): Promise<Answer> {
  const { clock } = limits;
  using limit = clock.timeout(limits.timeoutMs);
  const signal = AbortSignal.any([limits.signal, limit.signal]);
  const startedAt = clock.monotonic();
  const request = start(asked, limits.ca, signal);
  try {
    const response = await headOf(request);
    const headMs = clock.monotonic() - startedAt;
    const receivedAt = clock.now();
    const text = await bodyOf(response, asked.isEnough);
    return {
      status: response.statusCode ?? 0,
      headers: plainHeaders(response),
      httpVersion: response.httpVersion,
      text,
      headMs,
      receivedAt,
      wasReused: request.reusedSocket,
    };
  } catch (error) {
    limits.signal.throwIfAborted();
    throw noAnswer(error, limit.signal.aborted ? limits.timeoutMs : undefined);
  } finally {
    // A connection that others use again is left to its agent, once the answer is complete.
    if (!asked.agent || signal.aborted) request.destroy();
  }
}

/** Sends a request; the caller reads and ends it. */
export function start(asked: ProbeRequest, ca: string | undefined, signal: AbortSignal): ClientRequest {
  const { url, method, headers, body, agent } = asked;
  const options = {
    method,
    // Node's own agents stay open for a while.
    agent: agent ?? false,
    signal,
    headers: { ...headers, ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }) },
  };
  const request =
    url.protocol === 'https:'
      ? requestHttps(url, { ...options, ...trusting(ca), servername: serverName(url) })
      : requestHttp(url, options);
  // What goes wrong after the head was read, such as a reset while a refused body is still being sent.
  request.on('error', () => {});
  request.end(body);
  return request;
}

/** An agent that keeps one connection open, for the protocol of a URL. */
export function keepAliveAgent(url: URL, ca: string | undefined): HttpAgent | HttpsAgent {
  const options = { keepAlive: true, maxSockets: 1 };
  return url.protocol === 'https:' ? new HttpsAgent({ ...options, ...trusting(ca) }) : new HttpAgent(options);
}

/** Resolves with the head of the answer. */
export function headOf(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
    // Node answers an upgrade with this event and nothing else.
    request.once('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new NoAnswerError('UPGRADE', 'The server switched to another protocol.'));
    });
  });
}

/** Headers with lists joined. */
export function plainHeaders({ headers }: IncomingMessage): HttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

/** What went wrong, as a sentence. */
export function noAnswer(error: unknown, timeoutMs?: number): NoAnswerError {
  if (timeoutMs !== undefined) {
    return new NoAnswerError('TIMEOUT', `No answer came within ${timeoutMs / 1000} s.`);
  }
  if (error instanceof NoAnswerError) return error;
  const { code = 'UNKNOWN', message } = error as NodeJS.ErrnoException;
  return new NoAnswerError(code, SENTENCES[code] ?? `The connection failed: ${message}.`, { cause: error });
}

const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there (ECONNREFUSED).',
  ECONNRESET: 'The connection was cut before an answer came (ECONNRESET).',
  EPIPE: 'The connection was cut while the request was being sent (EPIPE).',
  EHOSTUNREACH: 'There is no way to that address (EHOSTUNREACH).',
  ENETUNREACH: 'There is no way to that network (ENETUNREACH).',
  ENOTFOUND: 'No such host (ENOTFOUND).',
  EAI_AGAIN: 'The name server does not answer (EAI_AGAIN).',
};

async function bodyOf(
  response: IncomingMessage,
  isEnough: ((text: string) => boolean) | undefined,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    text += decoder.decode(chunk, { stream: true });
    if (bytes > MAX_BYTES || isEnough?.(text)) break;
  }
  return text;
}

/** Node would take it from a Host header, which is not always the name of the server. */
function serverName({ hostname }: URL): string {
  return isIP(hostname.replaceAll(/^\[|\]$/g, '')) === 0 ? hostname : '';
}

function trusting(ca: string | undefined): { ca?: string[] } {
  return ca === undefined ? {} : { ca: [...rootCertificates, ca] };
}
