import { basename } from 'node:path';
import { deferred } from '../../abort.ts';
import type { Clock, Timer } from '../../clock.ts';
import { ToolError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { Command } from '../command.ts';
import type { CapturedOutput, OutputCapture } from '../output/output-capture.ts';
import type { ByteSink } from './byte-sink.ts';
import { inputPipe, type FirstInput, type InputPipe } from './input-pipe.ts';
import { killRest } from './kill-rest.ts';
import type { LaunchedChild } from './launch.ts';
import type {
  ExitReason,
  ManagedProcess,
  ProcessExit,
  ProcessInfo,
  WaitOptions,
  WaitResult,
  WaitUntil,
} from './managed-process.ts';
import { howKeptEnded, type ProgramEnd } from './kept-end.ts';
import { readOutput, type OutputPipes } from './output-pipes.ts';
import type { ProcessPlatform, ProcessSignal } from './platform.ts';
import type { TreeMark } from './proc.ts';
import type { RecentText } from './recent-text.ts';
import { waitFor } from './waiting.ts';

/** A program that was just started. */
export interface StartedProgram {
  readonly id: string;
  readonly label: string;
  readonly command: Command;
  readonly child: LaunchedChild;
  readonly mark: TreeMark;
  readonly capture: OutputCapture;
  /** Take the streams instead of `capture`. */
  readonly sinks: { readonly stdout?: ByteSink | undefined; readonly stderr?: ByteSink | undefined };
  /** Grows by what `capture` lets through. */
  readonly recent: RecentText;
  readonly platform: ProcessPlatform;
  /** Whether a keeper ends in its place, and tells a signal by its own exit code. */
  readonly isKept: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly input: FirstInput | undefined;
  readonly timeoutMs: number | undefined;
  readonly idleTimeoutMs: number | undefined;
  readonly killGraceMs: number;
  readonly signal: AbortSignal | undefined;
  readonly isBackground: boolean;
  /** Takes it out of the list. */
  readonly onForget: () => void;
}

/** A program from its start until nothing of its tree is left. */
export class SupervisedProcess implements ManagedProcess {
  readonly id: string;
  readonly exited: Promise<ProcessExit>;
  readonly #program: StartedProgram;
  readonly #input: InputPipe;
  readonly #startedAt: number;
  readonly #started: number;
  /** By the real clock, as the system sees it. */
  readonly #spawned = performance.now();
  readonly #settle: (exit: ProcessExit) => void;
  readonly #timers = new Map<'wall' | 'idle' | 'grace', Timer>();
  readonly #outputListeners = new Set<() => void>();
  readonly #sent = new Set<ProcessSignal>();
  readonly #stopListening: () => void;
  #isBackground: boolean;
  #lastOutput: number;
  #outputBytes = 0;
  #ending: ExitReason | undefined;
  #graceEnds = 0;
  #ended: number | undefined;
  #exit: ProcessExit | undefined;

  constructor(program: StartedProgram) {
    const { child, clock, signal, timeoutMs, idleTimeoutMs } = program;
    this.#program = program;
    this.id = program.id;
    this.#isBackground = program.isBackground;
    this.#startedAt = clock.now();
    this.#lastOutput = this.#started = clock.monotonic();
    const { promise, resolve } = deferred<ProcessExit>();
    this.exited = promise;
    this.#settle = resolve;

    const { stdout = this.#capturing('stdout'), stderr = this.#capturing('stderr') } = program.sinks;
    const pipes = readOutput({
      stdout: { stream: child.stdout, sink: stdout },
      stderr: { stream: child.stderr, sink: stderr },
      onBytes: (bytes) => {
        this.#outputBytes += bytes;
        this.#lastOutput = clock.monotonic();
      },
      onRefused: () => this.#breakPipe(),
    });
    this.#input = inputPipe(child.stdin, program.input, clock);

    const cancel = () => this.#end('cancelled');
    signal?.addEventListener('abort', cancel, { once: true });
    this.#stopListening = () => signal?.removeEventListener('abort', cancel);
    if (timeoutMs !== undefined)
      this.#timers.set(
        'wall',
        clock.after(timeoutMs, () => this.#end('timedOut')),
      );
    if (idleTimeoutMs !== undefined) this.#watchIdle(idleTimeoutMs, idleTimeoutMs);

    // 'exit' and not 'close': a process that holds the pipes open must not hold up the result.
    child.once('exit', (exitCode, endSignal) => {
      const end = { exitCode, signal: endSignal };
      this.#finish(pipes).then(
        (output) => this.#settleWith(end, output),
        // Nothing in there fails; should it, a waiter must not wait for ever.
        (err: unknown) => {
          program.logger.error({ err, process: this.id }, 'The end of a process could not be handled.');
          this.#settleWith(end, program.capture.snapshot());
        },
      );
    });
    if (signal?.aborted) cancel();
  }

  info(): ProcessInfo {
    const { command, label, clock } = this.#program;
    const now = clock.monotonic();
    return {
      id: this.id,
      label,
      program: basename(command.name ?? command.file),
      args: command.args,
      cwd: command.cwd,
      isBackground: this.#isBackground,
      hasOpenInput: this.#input.isOpen,
      status: this.#exit ? 'exited' : this.#ending || this.#ended !== undefined ? 'ending' : 'running',
      startedAt: this.#startedAt,
      durationMs: Math.round((this.#ended ?? now) - this.#started),
      outputBytes: this.#outputBytes,
      silentMs: Math.round((this.#ended ?? now) - this.#lastOutput),
      ...(this.#exit && {
        exitCode: this.#exit.exitCode,
        signal: this.#exit.signal,
        reason: this.#exit.reason,
      }),
    };
  }

  output(): CapturedOutput {
    return this.#exit?.output ?? this.#program.capture.snapshot();
  }

  write(text: string): Promise<void> {
    return this.#input.write(text);
  }

  get input(): ByteSink {
    return this.#input.sink;
  }

  endInput(): void {
    this.#input.end();
  }

  signal(name: ProcessSignal): void {
    const { platform } = this.#program;
    if (!platform.signals.includes(name))
      throw new ToolError(
        'SIGNAL_NOT_SUPPORTED',
        `"${name}" cannot be sent here. Signals: ${platform.signals.join(', ')}.`,
      );
    if (this.#ended !== undefined) throw new ToolError('PROCESS_EXITED', 'The process has ended already.');
    if (name === 'SIGKILL') this.#ending ??= 'killed';
    this.#send(name);
  }

  kill(): Promise<ProcessExit> {
    return this.end('killed');
  }

  /** Like {@link ManagedProcess.kill}, for another reason and with no more grace than that. */
  end(reason: ExitReason, maxGraceMs = Infinity): Promise<ProcessExit> {
    this.#end(reason, Math.min(this.#program.killGraceMs, maxGraceMs));
    return this.exited;
  }

  toBackground(): void {
    this.#isBackground = true;
    this.#stopListening();
  }

  get isBackground(): boolean {
    return this.#isBackground;
  }

  get hasExited(): boolean {
    return this.#exit !== undefined;
  }

  async forget(): Promise<void> {
    if (!this.#exit) throw new ToolError('PROCESS_RUNNING', 'The process still runs; kill it first.');
    const { capture, logger, onForget } = this.#program;
    onForget();
    try {
      await capture.discard();
    } catch (err) {
      // Mostly nobody waits for it.
      logger.error({ err, process: this.id }, 'The output file of a process could not be removed.');
    }
  }

  /** Ends the tree at once, for a server that has no time left. */
  forceKill(): void {
    if (this.#exit === undefined) this.#send('SIGKILL');
  }

  wait(until: WaitUntil, options: WaitOptions): Promise<WaitResult> {
    const { clock, recent } = this.#program;
    const onOutput = (listener: () => void) => {
      this.#outputListeners.add(listener);
      return () => void this.#outputListeners.delete(listener);
    };
    return waitFor({ clock, recent, exited: this.exited, onOutput }, until, options);
  }

  /** To be called after {@link StartedProgram.recent} has grown. */
  tellOutput(): void {
    for (const listener of this.#outputListeners) listener();
  }

  // What Node calls a pipe is a socket: writing into a closed one is an error with a message of its own, not a signal.
  #breakPipe(): void {
    const { platform } = this.#program;
    if (this.#ended === undefined && platform.signals.includes('SIGPIPE')) this.#send('SIGPIPE');
  }

  #send(signal: ProcessSignal): void {
    const { child, platform } = this.#program;
    this.#sent.add(signal);
    platform.signalTree(child.pid, signal);
  }

  /** Whatever becomes of the output, it is read on, so that the program is not held up. */
  #capturing(stream: 'stdout' | 'stderr'): ByteSink {
    const { capture, logger } = this.#program;
    const report = (err: unknown) => logger.error({ err, process: this.id }, 'Output could not be kept.');
    return {
      write(chunk) {
        try {
          return capture.write(stream, chunk)?.catch(report);
        } catch (error) {
          return report(error);
        }
      },
    };
  }

  #watchIdle(limitMs: number, leftMs: number): void {
    const check = () => {
      const left = limitMs - (this.#program.clock.monotonic() - this.#lastOutput);
      if (left <= 0) this.#end('idle');
      else this.#watchIdle(limitMs, left);
    };
    this.#timers.set('idle', this.#program.clock.after(leftMs, check));
  }

  #end(reason: ExitReason, graceMs = this.#program.killGraceMs): void {
    // What has ended by itself is being cleaned up already.
    if (this.#ended !== undefined && this.#ending === undefined) return;
    const { clock, platform } = this.#program;
    const graceEnds = clock.monotonic() + graceMs;
    const isFirst = this.#ending === undefined;
    if (!isFirst && graceEnds >= this.#graceEnds) return;
    this.#ending ??= reason;
    this.#graceEnds = graceEnds;
    this.#timers.get('grace')?.cancel();
    this.#timers.set(
      'grace',
      clock.after(graceMs, () => this.#send('SIGKILL')),
    );
    if (!isFirst) return;
    this.#send('SIGTERM');
    // A stopped process hears of SIGTERM only when it goes on.
    if (platform.signals.includes('SIGCONT')) this.#send('SIGCONT');
  }

  /** The program has ended: ends the rest of its tree. */
  async #finish(pipes: OutputPipes): Promise<CapturedOutput> {
    const { capture, child, clock, logger, mark, platform } = this.#program;
    this.#ended = clock.monotonic();
    this.#stopListening();
    this.#timers.get('wall')?.cancel();
    this.#timers.get('idle')?.cancel();
    this.#input.destroy();
    const ended = { pid: child.pid, mark, durationMs: performance.now() - this.#spawned };
    // Others of the group were asked to end as well, and have their grace.
    const hasGrace = () => this.#ending !== undefined && clock.monotonic() < this.#graceEnds;
    const { killed, complete } = await killRest(ended, { platform, hasGrace });
    if (!complete)
      logger.warn({ process: this.id, killed }, 'Processes of a program could not all be ended.');
    this.#timers.get('grace')?.cancel();
    await pipes.drain();
    return capture.end();
  }

  #settleWith(end: ProgramEnd, output: CapturedOutput): void {
    this.#exit = {
      ...(this.#program.isKept ? howKeptEnded(end, this.#sent) : end),
      reason: this.#ending ?? 'exited',
      durationMs: Math.round((this.#ended ?? 0) - this.#started),
      output,
    };
    this.#settle(this.#exit);
  }
}
