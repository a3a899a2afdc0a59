/** Counts since the client was created, and what is under way now. */
export interface ClientStatistics {
  readonly calls: {
    /** Answered, also with a tool's own failure. */
    readonly answered: number;
    readonly failed: number;
    /** Sent again after a connection or session was lost, or the server was busy. */
    readonly replayed: number;
    readonly running: number;
    readonly waiting: number;
    /** Of answered calls, waiting included. */
    readonly meanMs: number;
    readonly slowestMs: number;
  };
  readonly messages: { readonly sent: number; readonly received: number };
  readonly connection: {
    /** Connections opened: handshakes or discoveries that succeeded. */
    readonly opened: number;
    /** Attempts that failed. */
    readonly failed: number;
    /** Sessions opened in place of one the server had forgotten. */
    readonly reinitialized: number;
    /** Streams opened that changes come down on. */
    readonly streams: number;
    /** Streams that were cut because nothing came down for too long. */
    readonly silentStreams: number;
    /** Times changes may have been missed and were made up for. */
    readonly repairedGaps: number;
    readonly tokenRefreshes: number;
  };
}

/** What the parts of a client count. */
export class Counters {
  answered = 0;
  failed = 0;
  replayed = 0;
  totalMs = 0;
  slowestMs = 0;
  sent = 0;
  received = 0;
  opened = 0;
  connectFailed = 0;
  reinitialized = 0;
  streams = 0;
  silentStreams = 0;
  repairedGaps = 0;
  tokenRefreshes = 0;

  answeredAfter(ms: number): void {
    this.answered += 1;
    this.totalMs += ms;
    if (ms > this.slowestMs) this.slowestMs = ms;
  }

  snapshot(running: number, waiting: number): ClientStatistics {
    const { answered, failed, replayed, slowestMs, sent, received } = this;
    const meanMs = answered === 0 ? 0 : this.totalMs / answered;
    return {
      calls: { answered, failed, replayed, running, waiting, meanMs, slowestMs },
      messages: { sent, received },
      connection: {
        opened: this.opened,
        failed: this.connectFailed,
        reinitialized: this.reinitialized,
        streams: this.streams,
        silentStreams: this.silentStreams,
        repairedGaps: this.repairedGaps,
        tokenRefreshes: this.tokenRefreshes,
      },
    };
  }
}
