import { CancelledError, ShutdownError, type App } from '@toolyard/core';
import { ErrorCode, kindOf } from '@toolyard/core/protocol';

import { Gate, refuseWith, type Admission } from '../connection/gate.ts';
import { CLOSE_GRACE_MS, LinePool, type Ending } from '../connection/line-pool.ts';
import { isJson, readAccept } from '../endpoint/accept.ts';
import { BodyError, type Incoming, type Reply } from '../endpoint/message.ts';
import { SSE_HEADERS } from '../endpoint/sse.ts';
import { sseSettingsOf, type SseOptions, type SseSettings } from './options.ts';
import { SseLine } from './sse-line.ts';

/**
 * The endpoint of the 2024-11-05 transport, apart from any HTTP server.
 *
 * @see https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse
 */
export class SseEndpoint {
  readonly settings: SseSettings;
  readonly #app: App<any, any>;
  readonly #gate: Gate;
  readonly #pool: LinePool<SseLine>;
  readonly #lines = new Map<string, SseLine>();
  #closed: Promise<void> | undefined = undefined;

  constructor(app: App<any, any>, options: SseOptions) {
    this.#app = app;
    this.settings = sseSettingsOf(options);
    this.#gate = new Gate(options);
    const { maxSessions: max, idleMs, maxAgeMs, keepAliveMs: beatMs } = this.settings;
    this.#pool = new LinePool(app.clock, { max, idleMs, maxAgeMs, beatMs }, (line, ending) =>
      line.end(ending, new CancelledError(ENDINGS[ending])),
    );
  }

  get sessionCount(): number {
    return this.#pool.size;
  }

  /**
   * Answers one request. Never rejects.
   *
   * @param cut - destroys the connection, where that can be done.
   */
  async handle(incoming: Incoming, reply: Reply, cut: () => void = () => {}): Promise<void> {
    try {
      await this.#route(incoming, reply, cut);
    } catch (err) {
      this.#app.logger.error(
        { err, method: incoming.method, path: incoming.path },
        'An HTTP request failed.',
      );
      this.#gate.fail(incoming, reply);
    }
  }

  /** Refuses new streams, gives running requests until the deadline, and ends all streams. */
  close({ deadlineMs = 10_000 }: { deadlineMs?: number } = {}): Promise<void> {
    return (this.#closed ??= this.#drain(deadlineMs));
  }

  async #drain(deadlineMs: number): Promise<void> {
    await this.#pool.drain(deadlineMs);
    for (const line of this.#pool) line.end('shutdown', new ShutdownError());
    await this.#pool.empty(2 * CLOSE_GRACE_MS);
  }

  async #route(incoming: Incoming, reply: Reply, cut: () => void): Promise<void> {
    const { path, messagesPath } = this.settings;
    const admission = await this.#gate.admit(incoming, reply);
    if (!admission) return;
    const { headers } = admission;
    const at = incoming.path;
    if (at !== path && at !== messagesPath) {
      refuseWith(reply, 404, `Not found. Open a stream with GET ${path}.`, headers);
      return;
    }
    const method = at === path ? 'GET' : 'POST';
    if (incoming.method !== method) {
      refuseWith(reply, 405, `Method not allowed. This path takes ${method}.`, {
        ...headers,
        allow: `${method}, OPTIONS`,
      });
      return;
    }
    if (method === 'GET') this.#open(incoming, reply, admission, cut);
    else await this.#post(incoming, reply, admission);
  }

  #open(incoming: Incoming, reply: Reply, { caller, headers }: Admission, cut: () => void): void {
    if (!readAccept(incoming.header('accept')).stream) {
      return refuseWith(reply, 406, 'This answers with text/event-stream; accept it.', headers);
    }
    if (this.#closed) {
      const goAway = { ...headers, 'retry-after': '1', connection: 'close' };
      return refuseWith(reply, 503, 'The server is shutting down.', goAway);
    }
    if (!this.#pool.reserve()) {
      const later = { ...headers, 'retry-after': '30' };
      return refuseWith(reply, 503, 'The server has no room for another session.', later);
    }
    const sink = reply.open(200, { ...SSE_HEADERS, ...headers });
    const line = new SseLine(this.#app, caller, sink, cut, this.settings);
    this.#pool.add(line);
    this.#lines.set(line.id, line);
    sink.onClose(() => {
      this.#lines.delete(line.id);
      this.#pool.delete(line);
      line.connection.close(new CancelledError('The client is gone.'));
    });
  }

  async #post(incoming: Incoming, reply: Reply, { caller, headers }: Admission): Promise<void> {
    const id = new URLSearchParams(queryOf(incoming.request.url)).get('sessionId');
    if (!id) {
      return refuseWith(reply, 400, 'Bad Request: sessionId is missing; the endpoint event has it.', headers);
    }
    const line = this.#lines.get(id);
    // Those of others look like ones that do not exist.
    if (!line?.isOf(caller)) {
      const message = `Session not found; open another with GET ${this.settings.path}.`;
      return refuseWith(reply, 404, message, headers, ErrorCode.sessionNotFound);
    }
    if (!isJson(incoming.header('content-type'))) {
      const message = 'Unsupported Media Type: Content-Type must be application/json.';
      return refuseWith(reply, 415, message, headers);
    }
    let text: string;
    try {
      text = await incoming.readBody(this.settings.maxBodyBytes);
    } catch (error) {
      if (!(error instanceof BodyError)) throw error;
      return refuseWith(reply, error.status, error.message, headers);
    }
    const message = parse(text);
    if (message === undefined) {
      return refuseWith(reply, 400, 'Parse error: the body is not JSON.', headers, ErrorCode.parseError);
    }
    if (!Array.isArray(message) && kindOf(message) === 'invalid') {
      const problem = 'Bad Request: the body is not a JSON-RPC 2.0 message.';
      return refuseWith(reply, 400, problem, headers, ErrorCode.invalidRequest);
    }
    // What comes of it goes down the stream, even where that comes sooner.
    reply.send(202, { 'content-type': 'text/plain', ...headers }, 'Accepted');
    line.receive(message, caller);
  }
}

const ENDINGS: Readonly<Record<Exclude<Ending, 'shutdown'>, string>> = {
  idle: 'The session was idle for too long.',
  old: 'The session has reached its greatest age.',
};

function queryOf(url: string): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start + 1);
}

/** `undefined` for what is not JSON, which no JSON stands for. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
