import type { Call } from '../../call.ts';
import { ProtocolError } from '../../errors.ts';
import { isLogLevel } from '../../protocol/envelope.ts';
import { ErrorCode } from '../../protocol/error-codes.ts';
import { isRecord } from '../../protocol/json-rpc.ts';
import type {
  CreateMessageParams,
  ElicitParams,
  JsonObject,
  ServerNotification,
  ServerRequest,
} from '../../protocol/messages.ts';
import { passThrough } from './pass-through.ts';
import type { RequestListener } from './host-connection.ts';

interface Question {
  readonly key: string;
  readonly request: ServerRequest;
  readonly resolve: (answer: JsonObject) => void;
  readonly reject: (error: unknown) => void;
}

/** How a run of a handler on our side ended: with the host's result, or with a question for the client. */
type Ending = { readonly result: JsonObject } | { readonly unanswered: unknown };

/**
 * One request to the host's server, and the calls on our side it is made for. A 2026 client answers a question by
 * sending its request again, which runs our handler from the top; the host's handler was not written for that, so it
 * stays where it is and goes on with the answer.
 */
export class RelayedCall implements RequestListener {
  readonly id = crypto.randomUUID();
  readonly #controller = new AbortController();
  readonly #questions = new Set<Question>();
  #call: Call | undefined = undefined;
  #asked = 0;
  #result: Promise<JsonObject> | undefined = undefined;
  #interrupt: ((error: unknown) => void) | undefined = undefined;

  /** The relayed call that asked a question; none for keys of others. */
  static idOf(key: string): string | undefined {
    return /^host-([0-9a-f-]{36})\.\d+$/.exec(key)?.[1];
  }

  /** Sends the request. */
  start(send: (signal: AbortSignal) => Promise<JsonObject>): void {
    this.#result = send(this.#controller.signal);
    this.#result.catch(() => {}); // told to whoever runs it
  }

  /** Gives the request up, of which the host is told. */
  cancel(reason?: unknown): void {
    this.#controller.abort(reason);
    for (const { reject } of this.#questions) reject(reason);
  }

  /**
   * Waits for the host on behalf of a call.
   *
   * @returns the host's result, or what the pipeline ends a run with that has to ask first.
   */
  async continueFor(call: Call): Promise<Ending> {
    this.#call = call;
    const giveUp = () => this.cancel(call.signal.reason);
    if (call.signal.aborted) giveUp();
    call.signal.addEventListener('abort', giveUp, { once: true });
    try {
      const interrupted = new Promise<Ending>((resolve) => {
        this.#interrupt = (unanswered) => resolve({ unanswered });
      });
      for (const question of this.#questions) void this.#put(call, question);
      return await Promise.race([this.#result!.then((result) => ({ result })), interrupted]);
    } finally {
      call.signal.removeEventListener('abort', giveUp);
      this.#interrupt = undefined;
    }
  }

  onNotification({ method, params = {} }: ServerNotification): void {
    const call = this.#call;
    if (method === 'notifications/progress') {
      const { progress, total, message } = params;
      if (typeof progress !== 'number') return;
      call?.progress({
        progress,
        ...(typeof total === 'number' && { total }),
        ...(typeof message === 'string' && { message }),
      });
    } else if (method === 'notifications/message' && isLogLevel(params['level'])) {
      const { level, data, logger } = params;
      call?.sendLog(level, data, typeof logger === 'string' ? logger : undefined);
    }
  }

  onRequest(request: ServerRequest, signal: AbortSignal): Promise<JsonObject> {
    this.#asked += 1;
    const key = `host-${this.id}.${this.#asked}`;
    return new Promise((resolve, reject) => {
      const withdraw = () => {
        forget();
        reject(new ProtocolError(ErrorCode.invalidRequest, 'The question was withdrawn.'));
      };
      const forget = () => {
        signal.removeEventListener('abort', withdraw);
        this.#questions.delete(question);
      };
      const question: Question = {
        key,
        request,
        resolve: (answer) => {
          forget();
          resolve(answer);
        },
        reject: (error) => {
          forget();
          reject(error);
        },
      };
      signal.addEventListener('abort', withdraw, { once: true });
      this.#questions.add(question);
      if (this.#call && this.#interrupt) void this.#put(this.#call, question);
    });
  }

  /** Puts a question to the client. */
  async #put(call: Call, { key, request, resolve, reject }: Question): Promise<void> {
    const interrupt = this.#interrupt;
    try {
      resolve(await ask(call, key, request));
    } catch (error) {
      if (!isUnanswered(error)) return reject(error);
      // Questions asked together go to the client together.
      await new Promise((later) => setTimeout(later, 0));
      interrupt?.(error);
    }
  }
}

async function ask(call: Call, key: string, { method, params = {} }: ServerRequest): Promise<JsonObject> {
  switch (method) {
    case 'elicitation/create': {
      const asked = params as ElicitParams;
      const { message } = asked;
      const answer =
        asked.mode === 'url'
          ? await call.requireInput(key, { message, url: asked.url })
          : await call.requireInput(key, { message, schema: passThrough(asked.requestedSchema) });
      return { ...answer };
    }
    case 'sampling/createMessage':
      return { ...(await call.sample(params as CreateMessageParams, { key })) };
    case 'roots/list':
      return { roots: [...(await call.listRoots({ key }))] };
    default:
      throw new ProtocolError(ErrorCode.methodNotFound, `Method not found: ${method}`);
  }
}

/** Whether the run has to end so that the client is asked. */
function isUnanswered(error: unknown): boolean {
  return isRecord(error) && error['code'] === 'INPUT_REQUIRED';
}
