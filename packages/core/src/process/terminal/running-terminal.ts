import { constants } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { deferred } from '../../abort.ts';
import type { Clock, Timer } from '../../clock.ts';
import { ToolError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { Redactor } from '../../redaction/redactor.ts';
import { killEscaped } from '../supervisor/escaped.ts';
import { howKeptEnded, type ProgramEnd } from '../supervisor/kept-end.ts';
import type { ProcessPlatform, ProcessSignal } from '../supervisor/platform.ts';
import type { TreeMark } from '../supervisor/proc.ts';
import { encodeInput, type TerminalInput } from './keys.ts';
import { showOutput, type OutputFlow } from './output-flow.ts';
import type { Pty } from './pty.ts';
import type { Screen, TerminalScreen, TerminalSize } from './screen.ts';
import type {
  TerminalExit,
  TerminalInfo,
  TerminalSession,
  TerminalWaitOptions,
  TerminalWaitResult,
  TerminalWaitUntil,
} from './session.ts';
import { checkSize } from './size.ts';
import { waitForTerminal } from './waiting.ts';

/** A terminal whose program was just started. */
export interface StartedTerminal {
  readonly id: string;
  readonly label: string;
  readonly pty: Pty;
  readonly screen: Screen;
  readonly size: TerminalSize;
  readonly mark: TreeMark;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly platform: ProcessPlatform;
  /** Whether a keeper ends in its place, and tells a signal by its own exit code. */
  readonly isKept: boolean;
  readonly redactor: Redactor | undefined;
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly killGraceMs: number;
  readonly onShown: () => void;
}

const HANG_UP = ['SIGHUP', 'SIGTERM', 'SIGCONT'] as const satisfies ProcessSignal[];
const MAX_INPUT = 64 * 1024;
/** Of the system, not of the clock. */
const POLL_MS = 5;
const MAX_DEATH_MS = 1_000;
/** For what the program wrote last to be interpreted, however costly it is. */
const MAX_DRAIN_MS = 500;

/** A terminal from the start of its program until nothing of its tree is left. */
export class RunningTerminal implements TerminalSession {
  readonly id: string;
  readonly exited: Promise<TerminalExit>;
  readonly #terminal: StartedTerminal;
  readonly #flow: OutputFlow;
  readonly #settle: (exit: TerminalExit) => void;
  readonly #shownListeners = new Set<() => void>();
  readonly #sent = new Set<ProcessSignal>();
  readonly #timers = new Map<'wall' | 'idle' | 'grace', Timer>();
  readonly #startedAt: number;
  readonly #started: number;
  /** By the real clock, as the system sees it. */
  readonly #spawned = performance.now();
  #size: TerminalSize;
  #lastOutput: number;
  #lastActivity: number;
  #ending: TerminalExit['reason'] | undefined;
  #graceEnds = Infinity;
  #ended: number | undefined;
  #exit: TerminalExit | undefined;

  constructor(terminal: StartedTerminal) {
    const { clock, pty, screen, timeoutMs } = terminal;
    this.#terminal = terminal;
    this.id = terminal.id;
    this.#size = terminal.size;
    this.#startedAt = clock.now();
    this.#started = this.#lastOutput = this.#lastActivity = clock.monotonic();
    const { promise, resolve } = deferred<TerminalExit>();
    this.exited = promise;
    this.#settle = resolve;
    this.#flow = showOutput(pty, screen, {
      clock,
      onOutput: () => (this.#lastOutput = this.#lastActivity = clock.monotonic()),
      onShown: () => {
        terminal.onShown();
        for (const listener of this.#shownListeners) listener();
      },
    });
    pty.onExit(({ exitCode, signal }) => void this.#finish(exitCode, signal));
    this.#timers.set(
      'wall',
      clock.after(timeoutMs, () => void this.end('timedOut')),
    );
    this.#watchIdle(terminal.idleTimeoutMs);
  }

  info(): TerminalInfo {
    const now = this.#ended ?? this.#terminal.clock.monotonic();
    const { title } = this.screen();
    return {
      id: this.id,
      label: this.#terminal.label,
      title,
      ...this.#size,
      status: this.#exit ? 'exited' : this.#ending || this.#ended !== undefined ? 'ending' : 'running',
      startedAt: this.#startedAt,
      durationMs: Math.round(now - this.#started),
      silentMs: Math.round(now - this.#lastOutput),
      ...(this.#exit && {
        exitCode: this.#exit.exitCode,
        signal: this.#exit.signal,
        reason: this.#exit.reason,
      }),
    };
  }

  screen({ scrollback = 0 }: { readonly scrollback?: number } = {}): TerminalScreen {
    return this.#terminal.screen.snapshot({ scrollback, redactor: this.#terminal.redactor });
  }

  sendKeys(input: readonly TerminalInput[]): void {
    this.#checkRunning();
    const { clock, pty, screen } = this.#terminal;
    const { keyModes } = screen;
    const keys = input.map((each) => encodeInput(each, keyModes)).join('');
    if (keys.length > MAX_INPUT)
      throw new ToolError('INPUT_TOO_LONG', `At most ${MAX_INPUT} characters can be typed at once.`);
    if (pty.waitingInput + keys.length > MAX_INPUT)
      throw new ToolError('INPUT_FULL', 'The program does not read what was typed before.');
    this.#lastActivity = clock.monotonic();
    pty.write(keys);
  }

  resize(size: TerminalSize): void {
    this.#checkRunning();
    this.#size = checkSize(size);
    this.#terminal.screen.resize(this.#size);
    this.#terminal.pty.resize(this.#size);
  }

  kill(): Promise<TerminalExit> {
    return this.end('killed');
  }

  wait(until: TerminalWaitUntil, options: TerminalWaitOptions): Promise<TerminalWaitResult> {
    const { clock, screen } = this.#terminal;
    const onShown = (listener: () => void) => {
      this.#shownListeners.add(listener);
      return () => void this.#shownListeners.delete(listener);
    };
    return waitForTerminal(
      { clock, exited: this.exited, onShown, text: () => screen.text() },
      until,
      options,
    );
  }

  get hasExited(): boolean {
    return this.#exit !== undefined;
  }

  /** Like {@link TerminalSession.kill}, for another reason and with no more grace than that. */
  end(reason: TerminalExit['reason'], maxGraceMs = Infinity): Promise<TerminalExit> {
    if (this.#ended !== undefined) return this.exited;
    const { clock, killGraceMs, platform } = this.#terminal;
    const graceMs = Math.min(killGraceMs, maxGraceMs);
    const graceEnds = clock.monotonic() + graceMs;
    const isFirst = this.#ending === undefined;
    if (graceEnds < this.#graceEnds) {
      this.#graceEnds = graceEnds;
      this.#timers.get('grace')?.cancel();
      this.#timers.set(
        'grace',
        clock.after(graceMs, () => this.forceKill()),
      );
    }
    this.#ending ??= reason;
    // What closing the window does: shells pass it on to their jobs and end.
    if (isFirst) for (const name of HANG_UP) if (platform.signals.includes(name)) this.#send(name);
    return this.exited;
  }

  /** Ends the program at once; what it started follows when it is gone. */
  forceKill(): void {
    if (this.#ended === undefined) this.#send('SIGKILL');
  }

  /** To be called when nobody can ask for the screen any more. */
  dispose(): void {
    this.#terminal.screen.dispose();
  }

  #send(signal: ProcessSignal): void {
    const { platform, pty } = this.#terminal;
    this.#sent.add(signal);
    platform.signalTree(pty.pid, signal);
  }

  #checkRunning(): void {
    if (this.#ended !== undefined || this.#ending)
      throw new ToolError('TERMINAL_EXITED', 'The program of this terminal has ended.');
  }

  #watchIdle(leftMs: number): void {
    const { clock, idleTimeoutMs } = this.#terminal;
    const check = () => {
      const left = idleTimeoutMs - (clock.monotonic() - this.#lastActivity);
      if (left <= 0) void this.end('idle');
      else this.#watchIdle(left);
    };
    this.#timers.set('idle', clock.after(leftMs, check));
  }

  /** The program has ended: ends the rest of its tree. */
  async #finish(exitCode: number, signal: number | undefined): Promise<void> {
    const { clock, logger, mark, platform, pty } = this.#terminal;
    this.#ended = clock.monotonic();
    for (const timer of this.#timers.values()) timer.cancel();
    try {
      if (platform.outlivesProgram && platform.signalTree(pty.pid, 'SIGKILL'))
        for (let waited = 0; waited < MAX_DEATH_MS && platform.isTreeAlive(pty.pid); waited += POLL_MS)
          await pause(POLL_MS);
      if (platform.hasProc) {
        const durationMs = performance.now() - this.#spawned;
        const { killed, complete } = await killEscaped({ pid: pty.pid, mark, durationMs });
        if (!complete)
          logger.warn({ terminal: this.id, killed }, 'Processes of a terminal could not all be ended.');
      }
      this.#flow.stop();
      const hurry = this.#terminal.clock.after(MAX_DRAIN_MS, () => this.#terminal.screen.hurry());
      await this.#flow.drained();
      hurry.cancel();
    } catch (err) {
      // Nothing in there fails; should it, a waiter must not wait for ever.
      logger.error({ err, terminal: this.id }, 'The end of a terminal could not be handled.');
    }
    const end = endOf(exitCode, signal);
    this.#exit = {
      ...(this.#terminal.isKept ? howKeptEnded(end, this.#sent) : end),
      reason: this.#ending ?? 'exited',
      durationMs: Math.round(this.#ended - this.#started),
    };
    this.#settle(this.#exit);
  }
}

function endOf(exitCode: number, signal = 0): ProgramEnd {
  if (signal === 0) return { exitCode, signal: null };
  const [name] = Object.entries(constants.signals).find(([, number]) => number === signal) ?? [];
  return { exitCode: null, signal: name ?? String(signal) };
}
