import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { TerminalError } from '../errors.ts';
import {
  captureOutput,
  type CapturedOutput,
  type CaptureLimits,
  type OutputCapture,
} from './output-capture.ts';
import { killMarked, RUN_MARKER, signalGroup } from './process-group.ts';

/** What happened to a program. A program that fails is a result too; only one that cannot start throws. */
export interface RunResult {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  readonly cancelled: boolean;
  readonly durationMs: number;
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
}

/** One piece of output, in whole characters. */
export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** Everything about one start of one program. */
export interface ProcessOptions {
  /** Real, absolute path. */
  readonly file: string;
  /** What the program is told it is called: one file can be many programs (BusyBox). */
  readonly name: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Written to stdin, which is closed after it. */
  readonly input?: string | undefined;
  readonly timeoutMs: number;
  /** Between SIGTERM and SIGKILL. */
  readonly killGraceMs: number;
  readonly limits: CaptureLimits;
  readonly signal?: AbortSignal | undefined;
  /** Called as output arrives; what it throws is ignored. */
  readonly onOutput?: ((chunk: OutputChunk) => void) | undefined;
  /** Called with the process id, which is the id of its group too. */
  readonly onStart?: ((pid: number) => void) | undefined;
}

// How long the pipes may stay silent after the program has ended and its group is dead.
const DRAIN_MS = 250;

/**
 * Runs one program without a shell, in a process group of its own. When the promise settles, no process of the run is
 * left, also when the program put some in the background.
 */
export async function runProcess(options: ProcessOptions): Promise<RunResult> {
  const { signal, limits } = options;
  const started = performance.now();
  const streams = { stdout: captureOutput(limits), stderr: captureOutput(limits) };
  let ending: 'timedOut' | 'cancelled' | undefined;
  const finish = (end: { exitCode: number | null; signal: NodeJS.Signals | null }): RunResult => ({
    ...end,
    timedOut: ending === 'timedOut',
    cancelled: ending === 'cancelled',
    durationMs: Math.round(performance.now() - started),
    stdout: streams.stdout.finish(),
    stderr: streams.stderr.finish(),
  });
  if (signal?.aborted) {
    ending = 'cancelled';
    return finish({ exitCode: null, signal: null });
  }

  const marker = randomUUID();
  const child = spawn(options.file, [...options.args], {
    argv0: options.name,
    cwd: options.cwd,
    env: { ...options.env, [RUN_MARKER]: marker },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const pid = child.pid;
  if (pid === undefined) throw await startError(options.name, child);
  options.onStart?.(pid);

  // 'exit' and not 'close': a background process that holds the pipes open must not hold up the result.
  const exited = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (exitCode, endSignal) => resolve({ exitCode, signal: endSignal }));
  });
  let killTimer: NodeJS.Timeout | undefined;
  const end = (why: 'timedOut' | 'cancelled') => {
    ending ??= why;
    if (killTimer) return;
    signalGroup(pid, 'SIGTERM');
    killTimer = setTimeout(() => signalGroup(pid, 'SIGKILL'), options.killGraceMs);
  };
  const cancel = () => end('cancelled');
  const wallTimer = setTimeout(() => end('timedOut'), options.timeoutMs);
  signal?.addEventListener('abort', cancel, { once: true });

  const drained = Promise.all([
    drain(child.stdout, 'stdout', streams.stdout, options.onOutput),
    drain(child.stderr, 'stderr', streams.stderr, options.onOutput),
  ]);
  writeInput(child.stdin, options.input);

  try {
    const outcome = await exited;
    // The run ends with its program; a later timeout or cancel is none.
    clearTimeout(wallTimer);
    signal?.removeEventListener('abort', cancel);
    signalGroup(pid, 'SIGKILL');
    await killMarked(marker);
    await silence(child, drained);
    return finish(outcome);
  } finally {
    clearTimeout(killTimer);
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

async function startError(name: string, child: Child): Promise<TerminalError> {
  const cause = await new Promise<NodeJS.ErrnoException>((resolve) => child.once('error', resolve));
  const reason = cause.code === 'E2BIG' ? 'its arguments are too long' : (cause.code ?? 'unknown reason');
  return new TerminalError('PROGRAM_NOT_STARTED', `The program "${name}" could not be started: ${reason}.`, {
    cause,
  });
}

function writeInput(stdin: Writable, input: string | undefined): void {
  // A program may end without reading all of its input (`head -1`): EPIPE is no failure.
  stdin.on('error', () => {});
  stdin.end(input ?? '');
}

function drain(
  stream: Readable,
  name: OutputChunk['stream'],
  capture: OutputCapture,
  onOutput: ProcessOptions['onOutput'],
): Promise<void> {
  const decoder = new StringDecoder('utf8');
  const tell = (text: string) => {
    if (text === '') return;
    try {
      onOutput?.({ stream: name, text });
    } catch {
      // Progress is a courtesy; the run goes on without it.
    }
  };
  stream.on('data', (chunk: Buffer) => {
    capture.write(chunk);
    if (onOutput) tell(decoder.write(chunk));
  });
  return new Promise((resolve) => {
    const done = () => {
      tell(decoder.end());
      resolve();
    };
    stream.once('close', done);
    stream.once('error', done);
  });
}

/** Waits for the end of both pipes, or until they have been silent for a while: someone unreachable holds them. */
async function silence(child: Child, drained: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const silent = new Promise<void>((resolve) => {
    // After a busy moment timers come before the data that has arrived meanwhile, so data gets one more turn.
    timer = setTimeout(() => setImmediate(resolve), DRAIN_MS);
    const restart = () => timer?.refresh();
    child.stdout.on('data', restart);
    child.stderr.on('data', restart);
  });
  await Promise.race([drained, silent]);
  clearTimeout(timer);
}
