import { ClientError } from '../errors.ts';
import type { Settings } from '../options.ts';
import type { Counters } from '../statistics.ts';
import type { Patience } from './patience.ts';
import { forbidden, scopesAskedFor, unauthorized, type TokenKeeper } from './token-keeper.ts';
import { watchBody } from './watch-body.ts';

/** What the requests of one connection tell. */
export interface HttpLinkEvents {
  /** The server does not know the session any more. */
  sessionGone(): void;
  /** The stream that changes come down on. `resumed`: it went on where it had stopped, as far as one can know. */
  standingOpened(resumed: boolean): void;
  standingLost(error: unknown): void;
  /** The server has no such stream. */
  standingAbsent(): void;
  /** What the stream belongs to that goes on after this event; absent for the one of changes. */
  ownerOf(eventId: string): 'call' | 'given-up call' | undefined;
  /** Whether the server answers at all. */
  probe(): Promise<boolean>;
}

/** Silent keep-alive intervals after which a stream counts as dead. */
const INTERVALS = 3;

/** Tokens one request is tried with: an old one, one that lacks scopes, and one that has them. */
const MAX_TOKENS = 3;

/** Times a stream for changes may be silent for so long, of a server that answers but never says anything on it. */
const MAX_QUIET = 4;

/** Conflicts in a row after which a session is not worth keeping: a server that believes in a dead stream. */
const MAX_CONFLICTS = 3;

/** The `fetch` of one connection: adds tokens, watches streams, and notices what is said in statuses and headers. */
export class HttpLink {
  readonly #settings: Settings;
  readonly #events: HttpLinkEvents;
  readonly #keeper: TokenKeeper | undefined;
  readonly #counters: Counters;
  readonly #patience: Patience;
  /** The server was seen to send something down idle streams, so that silence means something. */
  #keepsAlive = false;
  #conflicts = 0;
  #everStanding = false;

  constructor(
    settings: Settings,
    keeper: TokenKeeper | undefined,
    counters: Counters,
    patience: Patience,
    events: HttpLinkEvents,
  ) {
    this.#patience = patience;
    this.#settings = settings;
    this.#keeper = keeper;
    this.#counters = counters;
    this.#events = events;
  }

  readonly fetch = async (url: string | URL, given: RequestInit = {}): Promise<Response> => {
    // The SDK's own transport gives its `Headers`, the event source of the old one whatever it likes.
    const init = given.headers instanceof Headers ? given : { ...given, headers: new Headers(given.headers) };
    const isGet = (init.method ?? 'GET') === 'GET';
    const lastEventId = isGet && (init.headers as Headers).get('last-event-id');
    const owner = lastEventId ? this.#events.ownerOf(lastEventId) : undefined;
    if (owner) return this.#resumeCall(owner, url, init);
    const response = await (isGet ? this.#sendForStream(url, init) : this.#request(url, init));
    this.#patience.note(response);
    const headers = init.headers as Headers;
    if (response.status === 404 && headers.has('mcp-session-id')) this.#events.sessionGone();
    if (isGet) return this.#standing(url, init, response);
    const isListen = headers.get('mcp-method') === 'subscriptions/listen';
    return response.ok && isStream(response) ? this.#watch(response, !isListen) : response;
  };

  /** The rest of a call's answer, after its stream was cut or the server hung up on purpose. */
  async #resumeCall(
    owner: 'call' | 'given-up call',
    url: string | URL,
    init: RequestInit,
  ): Promise<Response> {
    if (owner === 'given-up call') return noStream();
    const response = await this.#open(url, init);
    if (response.ok && isStream(response)) return this.#watch(response, true);
    if (response.status === 404) this.#events.sessionGone();
    if (isTemporary(response.status)) return response;
    await discard(response);
    return noStream();
  }

  #request(url: string | URL, init: RequestInit): Promise<Response> {
    return this.#keeper ? this.#sendWithToken(this.#keeper, url, init) : this.#send(url, init);
  }

  async #sendForStream(url: string | URL, init: RequestInit): Promise<Response> {
    try {
      return await this.#open(url, init);
    } catch (error) {
      if (!init.signal?.aborted) this.#events.standingLost(error);
      throw error;
    }
  }

  /** Limited in time until the stream is open: over a path that drops everything, nothing else would end it. */
  async #open(url: string | URL, init: RequestInit): Promise<Response> {
    const { clock, connectTimeoutMs } = this.#settings;
    const limit = new AbortController();
    const timer = clock.after(connectTimeoutMs, () => {
      limit.abort(new ClientError('SERVER_UNREACHABLE', 'The stream did not open in time.'));
    });
    const signal = init.signal ? AbortSignal.any([init.signal, limit.signal]) : limit.signal;
    try {
      return await this.#request(url, { ...init, signal });
    } finally {
      timer.cancel();
    }
  }

  async #sendWithToken(keeper: TokenKeeper, url: string | URL, init: RequestInit): Promise<Response> {
    const headers = init.headers as Headers;
    const authorize = async () => {
      const token = await keeper.token();
      if (token === undefined) headers.delete('authorization');
      else headers.set('authorization', `Bearer ${token}`);
      return token;
    };
    for (let round = 1; ; round += 1) {
      const used = await authorize();
      const response = await this.#send(url, init);
      const { status } = response;
      const scopes = status === 403 ? scopesAskedFor(response.headers.get('www-authenticate')) : undefined;
      if ((status !== 401 && !scopes) || round === MAX_TOKENS) return response;
      await discard(response);
      if (scopes) await keeper.stepUp(scopes, used);
      else await keeper.refresh(used);
    }
  }

  async #send(url: string | URL, init: RequestInit): Promise<Response> {
    try {
      return await (this.#settings.fetch ?? fetch)(url, init);
    } catch (cause) {
      if (init.signal?.aborted) throw cause;
      const reason = reasonOf(cause);
      if (wasNeverSent(cause)) {
        throw new ClientError('SERVER_UNREACHABLE', `The server cannot be reached: ${reason}.`, { cause });
      }
      throw new ClientError('CONNECTION_LOST', `No answer came: ${reason}.`, { cause, mayHaveRun: true });
    }
  }

  async #standing(url: string | URL, init: RequestInit, response: Response): Promise<Response> {
    const headers = init.headers as Headers;
    const resumes = headers.has('last-event-id');
    if (resumes && response.status === 400) {
      // What it remembers of the stream is gone: the transport would ask for it for ever.
      await discard(response);
      headers.delete('last-event-id');
      return this.fetch(url, init);
    }
    if (response.ok && isStream(response)) {
      this.#conflicts = 0;
      const isFirst = !this.#everStanding;
      this.#everStanding = true;
      this.#events.standingOpened(isFirst || resumes);
      return this.#watch(response, false, (error) => this.#events.standingLost(error));
    }
    if (response.status === 409 && ++this.#conflicts >= MAX_CONFLICTS) this.#events.sessionGone();
    else if (isTemporary(response.status)) this.#events.standingLost(new Error(`HTTP ${response.status}`));
    else if (response.status !== 404) this.#events.standingAbsent();
    return response;
  }

  #watch(response: Response, isCall: boolean, onEnd: (error: unknown) => void = () => {}): Response {
    const { clock, keepAliveMs } = this.#settings;
    if (!response.body) return response;
    let quiet = 0;
    const body = watchBody(response.body, {
      clock,
      silenceMs: keepAliveMs * INTERVALS,
      // Not every server sends something down idle streams: of one that was never seen to, silence says little.
      isDead: async () => {
        const dead = this.#keepsAlive || !(await this.#events.probe()) || (!isCall && ++quiet >= MAX_QUIET);
        if (dead) this.#counters.silentStreams += 1;
        return dead;
      },
      onBytes: (chunk) => {
        quiet = 0;
        if (chunk[0] === COLON) this.#keepsAlive = true;
      },
      onEnd,
    });
    return withBody(response, body);
  }
}

/** A response as it came, but for its body. A new `Response` would copy every header, which calls would pay for. */
function withBody(response: Response, body: ReadableStream<Uint8Array>): Response {
  const { ok, status, statusText, headers, url, type, redirected } = response;
  const text = () => new Response(body).text();
  return { ok, status, statusText, headers, url, type, redirected, body, text } as Response;
}

/** What the SDK takes as the end of a stream that it would otherwise ask for again and again. */
function noStream(): Response {
  return new Response(null, { status: 405 });
}

/** Begins the comments that keep event streams open. */
const COLON = 58;

function isTemporary(status: number): boolean {
  return status >= 500 || status === 409 || status === 429 || status === 408;
}

function isStream(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('text/event-stream') === true;
}

/** The error for a status that no layer above made anything of. */
export function statusError(status: number, text: string, retryAfterMs?: number): ClientError {
  if (status === 401) return unauthorized();
  if (status === 403) return forbidden([]);
  if (status === 429 || status === 503) {
    return new ClientError('SERVER_BUSY', `The server is busy (HTTP ${status}).`, { status, retryAfterMs });
  }
  // Gateways answer these when what lies behind them broke, perhaps after it began.
  const mayHaveRun = status >= 500;
  const excerpt = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return new ClientError('HTTP_ERROR', `The server answered HTTP ${status}: ${excerpt}`, {
    status,
    mayHaveRun,
  });
}

async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Node tells why a request failed; where a browser does not, it may have been sent. */
function wasNeverSent(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (NEVER_SENT.has((current as { code?: string }).code ?? '')) return true;
  }
  return false;
}

function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  if (cause instanceof Error) return (cause as { code?: string }).code ?? cause.message;
  return error instanceof Error ? error.message : String(error);
}
