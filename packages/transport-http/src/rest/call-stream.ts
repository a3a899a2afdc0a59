import type { Sink } from '../endpoint/message.ts';
import { KEEP_ALIVE, SSE_HEADERS } from '../endpoint/sse.ts';
import type { Visit } from '../beside/front.ts';
import type { Answer } from './answer.ts';
import type { CallWatcher } from './exchange.ts';
import { sendAnswer } from './send.ts';

/** What a slow reader may leave untaken before it is told no more progress; it still gets its result. */
const MAX_BUFFERED_BYTES = 1_048_576;

/**
 * The answer of a call as an event stream: `progress` as it comes, then one `result` or `error`. A call that fails
 * before it had anything to tell is answered with its status instead, which a stream would hide behind its 200.
 */
export class CallStream implements CallWatcher {
  readonly #visit: Visit;
  #sink: Sink | undefined = undefined;
  #beats = 0;

  constructor(visit: Visit) {
    this.#visit = visit;
  }

  progress(progress: Readonly<Record<string, unknown>>): void {
    const sink = this.#open();
    if (sink.buffered <= MAX_BUFFERED_BYTES) sink.write(frame('progress', progress));
  }

  beat(): void {
    this.#beats += 1;
    // A call that has been quiet for a whole beat gets its headers, so that proxies see it is alive.
    if (this.#sink || this.#beats > 1) this.#open().write(KEEP_ALIVE);
  }

  async finish(answer: Answer): Promise<void> {
    const isFailure = answer.status >= 400;
    if (isFailure && !this.#sink) return sendAnswer(this.#visit, answer);
    const sink = this.#open();
    sink.write(frame(isFailure ? 'error' : 'result', answer.body));
    sink.end();
  }

  #open(): Sink {
    const { reply, headers } = this.#visit;
    return (this.#sink ??= reply.open(200, { ...SSE_HEADERS, ...headers }));
  }
}

function frame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
