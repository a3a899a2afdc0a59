import type { Agent } from 'node:http';

import type { HttpHeaders } from '../endpoint/message.ts';
import { probe, type Answer, type ProbeLimits, type ProbeRequest } from './http.ts';
import {
  legacyHeaders,
  legacyMessage,
  modernMessage,
  responseIn,
  type LegacyLine,
  type Message,
} from './messages.ts';
import type { DoctorSettings } from './options.ts';
import type { DoctorReport } from './report.ts';
import { watchStream, type Watched, type WatchOptions } from './stream-watch.ts';

/** How a request differs from what a client would send. */
export interface SendOptions {
  readonly method?: string;
  readonly url?: URL;
  readonly headers?: HttpHeaders;
  /** Without the headers the user gave. */
  readonly isAnonymous?: boolean;
  readonly agent?: Agent;
  readonly isEnough?: (text: string) => boolean;
}

/** A stream that was watched. */
export interface Stream {
  readonly era: 'modern' | 'legacy';
  readonly watched: Watched;
}

/** One run over one URL: how to send, and what earlier checks found out for later ones. */
export class Examination {
  readonly settings: DoctorSettings;
  readonly limits: ProbeLimits;
  /** What the endpoint said to `server/discover`. */
  discovered: Answer | undefined;
  /** Whether requests of the 2026 era are answered. */
  isModern = false;
  /** What `initialize` gave. */
  legacy: LegacyLine | undefined;
  /** Credentials are wanted, and there are none or they are refused. */
  isLockedOut = false;
  /** The beginnings of the streams, which are opened once. */
  firstStreams: Promise<Stream[]> | undefined;
  proxy: DoctorReport['proxy'];

  constructor(settings: DoctorSettings, signal: AbortSignal) {
    const { clock, timeoutMs, ca } = settings;
    this.settings = settings;
    this.limits = { clock, timeoutMs, ca, signal };
  }

  /** Posts a message to the endpoint. */
  post(message: Message, { headers, isEnough, ...options }: SendOptions = {}): Promise<Answer> {
    return this.send(JSON.stringify(message.body), {
      ...options,
      headers: { ...POST_HEADERS, ...message.headers, ...headers },
      // A server may leave the stream of an answer open.
      isEnough:
        isEnough ??
        ((text) => responseIn({ headers: { 'content-type': 'text/event-stream' }, text }) !== undefined),
    });
  }

  async send(body: string | undefined, options: SendOptions = {}): Promise<Answer> {
    const answer = await probe(this.#request(body, options), this.limits);
    this.proxy ??= proxyOf(answer.headers);
    return answer;
  }

  /** The cheapest request that this server answers. */
  ping(params: Readonly<Record<string, unknown>> = {}): Message {
    return this.isModern || !this.legacy
      ? modernMessage('server/discover', params)
      : legacyMessage(this.legacy, 'ping', params);
  }

  /** Opens the stream on which changes are told, in each era that is served. */
  watch(options: WatchOptions): Promise<Stream[]> {
    const opened: Promise<Stream>[] = [];
    if (this.isModern) {
      const { body, headers } = modernMessage('subscriptions/listen', {
        notifications: { toolsListChanged: true },
      });
      const request = this.#request(JSON.stringify(body), { headers: { ...POST_HEADERS, ...headers } });
      opened.push(watchStream(request, options, this.limits).then((watched) => ({ era: 'modern', watched })));
    }
    if (this.legacy?.sessionId !== undefined) {
      const headers = { accept: 'text/event-stream', ...legacyHeaders(this.legacy) };
      const request = this.#request(undefined, { method: 'GET', headers });
      opened.push(watchStream(request, options, this.limits).then((watched) => ({ era: 'legacy', watched })));
    }
    return Promise.all(opened);
  }

  /** Ends the session, if there is one. Never rejects. */
  async close(): Promise<void> {
    await this.end(this.legacy?.sessionId);
  }

  /** Ends a session. Never rejects. */
  async end(sessionId: string | undefined): Promise<void> {
    if (sessionId === undefined || !this.legacy) return;
    const headers = legacyHeaders({ ...this.legacy, sessionId });
    const request = this.#request(undefined, { method: 'DELETE', headers });
    // Also after the user gave up, but not for long.
    const limits = { ...this.limits, timeoutMs: Math.min(2000, this.limits.timeoutMs), signal: NEVER };
    await probe(request, limits).catch(() => {});
  }

  #request(body: string | undefined, options: SendOptions): ProbeRequest {
    const { method = body === undefined ? 'GET' : 'POST', url = this.settings.url } = options;
    const isOwn = url.origin === this.settings.url.origin;
    const credentials =
      isOwn && !options.isAnonymous && this.settings.sendsCredentials ? this.settings.headers : {};
    return {
      url,
      method,
      body,
      headers: { 'user-agent': 'toolyard-doctor', ...options.headers, ...credentials },
      agent: options.agent,
      isEnough: options.isEnough,
    };
  }
}

const NEVER = new AbortController().signal;
const POST_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

function proxyOf(headers: HttpHeaders): DoctorReport['proxy'] {
  const server = headers['server'] ?? '';
  if ('cf-ray' in headers || /^cloudflare/i.test(server)) return 'Cloudflare';
  if (/^(nginx|openresty)/i.test(server)) return 'nginx';
  return /^traefik/i.test(server) ? 'Traefik' : undefined;
}
