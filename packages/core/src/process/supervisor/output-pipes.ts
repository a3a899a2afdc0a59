import type { Readable } from 'node:stream';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { ByteSink } from './byte-sink.ts';

/** Where the output of one program goes, and who has to know. */
export interface OutputPipesOptions {
  readonly stdout: OutputPipe;
  readonly stderr: OutputPipe;
  /** Called for every piece that arrives, with its size. */
  onBytes(bytes: number): void;
  /** Called when a sink takes no more, just before the program's stream is closed. */
  onRefused(): void;
}

interface OutputPipe {
  readonly stream: Readable;
  readonly sink: ByteSink;
}

/** Reads the output of a program, no faster than it can be kept. */
export interface OutputPipes {
  /**
   * Waits for the end of both pipes, but only as long as something still comes: whoever else holds them open may do so
   * for ever. What a slow sink has not taken yet still comes. Closes them, and ends the sinks.
   */
  drain(): Promise<void>;
}

/** What is on its way when a program ends arrives within this time. */
const SILENCE_MS = 20;
const MAX_DRAIN_MS = 1_000;
/** One turn of the event loop may read for so long; then others have theirs. */
const MAX_TURN_MS = 8;

export function readOutput(options: OutputPipesOptions): OutputPipes {
  const pipes = [read(options.stdout, options), read(options.stderr, options)];
  return {
    async drain() {
      let deadline = performance.now() + MAX_DRAIN_MS;
      const ended = Promise.all(pipes.map((pipe) => pipe.ended)).then(() => true);
      while (performance.now() < deadline && !pipes.every((pipe) => pipe.isEnded())) {
        const seen = pipes.map((pipe) => pipe.pieces());
        if (await Promise.race([ended, pause(SILENCE_MS, false, { ref: false })])) break;
        // After a busy moment timers come before the data that has arrived meanwhile.
        await nextTurn();
        if (pipes.some((pipe) => pipe.isHeld())) deadline = performance.now() + MAX_DRAIN_MS;
        else if (pipes.every((pipe, index) => pipe.pieces() === seen[index])) break;
      }
      for (const { stream, sink } of pipes) {
        stream.destroy();
        sink.end?.();
      }
    },
  };
}

function read({ stream, sink }: OutputPipe, options: OutputPipesOptions) {
  let pieces = 0;
  let held = false;
  let isEnded = false;
  let turnStarted = 0;
  const refuse = () => {
    options.onRefused();
    stream.destroy();
  };
  const hold = async (until: Promise<unknown>): Promise<void> => {
    held = true;
    stream.pause();
    try {
      await until;
    } catch {
      refuse();
    }
    held = false;
    stream.resume();
  };
  stream.on('data', (piece: Buffer) => {
    pieces++;
    options.onBytes(piece.length);
    if (turnStarted === 0) {
      turnStarted = performance.now();
      setImmediate(() => (turnStarted = 0));
    }
    let kept: Promise<void> | void = undefined;
    try {
      kept = sink.write(piece);
    } catch {
      refuse();
      return;
    }
    if (kept) void hold(kept);
    else if (performance.now() - turnStarted > MAX_TURN_MS) void hold(nextTurn());
  });
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      isEnded = true;
      resolve();
    };
    stream.once('end', end);
    stream.once('close', end);
    stream.once('error', end);
  });
  return { stream, sink, ended, isEnded: () => isEnded, pieces: () => pieces, isHeld: () => held };
}
