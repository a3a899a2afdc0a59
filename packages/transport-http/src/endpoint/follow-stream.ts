import type { Timer } from '@toolyard/core';
import { ErrorCode, errorResponse, kindOf } from '@toolyard/core/protocol';

import { MAX_BUFFERED_BYTES } from '../sessions/channel.ts';
import type { EventPosition, MissedEvent } from '../sessions/session-log.ts';
import { writerOf } from '../sessions/shared-session.ts';
import { withSession } from './legacy.ts';
import type { Sink } from './message.ts';
import type { OpenExchange } from './open-exchanges.ts';
import type { SharedStreamRequest } from './shared-standing.ts';
import { KEEP_ALIVE, SSE_HEADERS, sseEvent, sseText } from './sse.ts';

/** How often a follower looks by itself, should it not be told. */
const LOOK_MS = 2000;

/** Continues the answer of a call that this node or another is writing, or has written, to the session's events. */
export async function followStream(
  request: SharedStreamRequest & { readonly from: EventPosition },
): Promise<void> {
  const { serving, shared, session, arrival, from } = request;
  const missed = await shared.missed(from);
  const sink = arrival.reply.open(200, { ...SSE_HEADERS, ...withSession(arrival.headers, session) });
  const follower = new Follower(request, sink);
  follower.write(missed);
  if (follower.isOver) return;
  session.enter();
  serving.open.add(follower);
  sink.onClose(() => {
    follower.stop();
    serving.open.delete(follower);
    session.leave();
  });
  follower.start();
}

/** One connection that is fed from the events of a session. */
class Follower implements OpenExchange {
  readonly listening = true;
  readonly #request: SharedStreamRequest;
  readonly #sink: Sink;
  readonly #writer: string | undefined;
  #seen: EventPosition;
  #timer: Timer | undefined;
  #stops: (() => void)[] = [];
  /** The node that writes the stream says that it does no longer. */
  #isWritten = false;
  #isLooking = false;
  #lookAgain = false;
  #ended = false;

  constructor(request: SharedStreamRequest & { readonly from: EventPosition }, sink: Sink) {
    this.#request = request;
    this.#sink = sink;
    this.#seen = request.from;
    this.#writer = writerOf(request.from.stream);
  }

  get isOver(): boolean {
    return this.#ended;
  }

  start(): void {
    const { node, session } = this.#request;
    const { stream } = this.#seen;
    this.#stops.push(
      node.state.events.follow(session.id, () => void this.#look()),
      node.onOver(session.id, stream, () => {
        this.#isWritten = true;
        void this.#look();
      }),
    );
    void this.#look();
  }

  stop(): void {
    this.#ended = true;
    this.#timer?.cancel();
    for (const stop of this.#stops.splice(0)) stop();
  }

  write(events: readonly MissedEvent[]): void {
    for (const { id, text } of events) {
      if (this.#ended) return;
      this.#sink.write(sseText(text, id));
      this.#seen = this.#request.shared.log.find(id) ?? this.#seen;
      if (kindOf(JSON.parse(text)) === 'response' || this.#sink.buffered > MAX_BUFFERED_BYTES) this.#end();
    }
  }

  beat(): void {
    this.#sink.write(KEEP_ALIVE);
  }

  abort(): void {
    this.#end();
  }

  async #look(): Promise<void> {
    if (this.#isLooking || this.#ended) {
      this.#lookAgain = true;
      return;
    }
    this.#isLooking = true;
    this.#timer?.cancel();
    try {
      do {
        this.#lookAgain = false;
        // Asked first: what is written before the end is there to be read after it.
        const writing = await this.#writing();
        this.write(await this.#request.shared.missed(this.#seen));
        if (writing !== 'yes' && !this.#ended) await this.#giveUp(writing);
      } while (this.#lookAgain && !this.#ended);
    } catch (err) {
      // Looked for again below; the connection stays.
      this.#request.serving.app.logger.warn({ err }, 'A stream of another node could not be read.');
    } finally {
      this.#isLooking = false;
    }
    if (this.#ended) return;
    const { clock, resumeWindowMs } = this.#request.session;
    this.#timer = clock.after(Math.min(LOOK_MS, resumeWindowMs / 3), () => void this.#look());
  }

  /** Whether anybody still writes the stream. */
  async #writing(): Promise<'yes' | 'done' | 'lost'> {
    const { node, session } = this.#request;
    const { stream } = this.#seen;
    if (this.#writer === undefined || this.#isWritten) return 'done';
    if (this.#writer === node.id) {
      const channel = session.channel(stream);
      if (!channel || channel.finished) return 'done';
      channel.keep();
      return 'yes';
    }
    if (!(await node.state.sessions.isAlive(this.#writer))) return 'lost';
    void node.tellFollowing(this.#writer, session.id, stream);
    return 'yes';
  }

  /** The answer is not going to come. */
  async #giveUp(why: 'done' | 'lost'): Promise<void> {
    const { shared } = this.#request;
    const requestId = why === 'lost' ? await shared.unansweredRequest(this.#seen.stream) : undefined;
    if (requestId !== undefined && !this.#ended) {
      this.#sink.write(
        sseEvent(
          errorResponse(requestId, {
            code: ErrorCode.serverError,
            message:
              'The server process that was answering this request has ended. What came of it is unknown.',
            data: { code: 'NODE_LOST' },
          }),
        ),
      );
    }
    this.#end();
  }

  #end(): void {
    this.#ended = true;
    this.#sink.end();
  }
}
