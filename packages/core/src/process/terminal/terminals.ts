import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { systemClock, type Clock, type Timer } from '../../clock.ts';
import { Emitter } from '../../emitter.ts';
import { InvalidOptionError, ShutdownError, ToolError } from '../../errors.ts';
import { silentLogger, type Logger } from '../../logger.ts';
import { positiveInteger, positiveMs } from '../../options.ts';
import type { Redactor } from '../../redaction/redactor.ts';
import type { Command } from '../command.ts';
import { RUN_VARIABLE } from '../run-variable.ts';
import { releaseOomScore, withOomScore } from '../supervisor/oom-score.ts';
import { processPlatform, type ProcessPlatform } from '../supervisor/platform.ts';
import { spareLeader } from '../supervisor/spare-leader.ts';
import { createWatchdog, type Watchdog } from '../supervisor/watchdog.ts';
import type { TerminalEvents, TerminalListener } from './events.ts';
import { loadPty, type Pty } from './pty.ts';
import { RunningTerminal } from './running-terminal.ts';
import { createScreen } from './screen.ts';
import type { TerminalInfo, TerminalSession } from './session.ts';
import { checkSize } from './size.ts';

/** What `createTerminals` needs. */
export interface TerminalsOptions {
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
  /** Open at the same time, of all owners. Default: 16. */
  readonly maxTerminals?: number | undefined;
  /** Open at the same time, of one owner. Default: 4. */
  readonly maxPerOwner?: number | undefined;
  /** How long the screen of an ended one can be read. Default: 600,000 ms. */
  readonly keepExitedMs?: number | undefined;
  /** How many ended ones are kept, of all owners; the oldest go first. Default: 16. */
  readonly maxKept?: number | undefined;
  /** Lines kept above the screen. Default: 1,000. */
  readonly scrollbackLines?: number | undefined;
  /** Masks secrets in screens and titles. A program that draws a secret in pieces escapes it. */
  readonly redactor?: Redactor | undefined;
  /** Whether a small shell beside the server ends all programs when the server dies. Not on Windows. Default: true. */
  readonly watchdog?: boolean | undefined;
  readonly platform?: ProcessPlatform | undefined;
}

/** How one terminal is opened. */
export interface OpenTerminalOptions {
  /** Whose terminal it is: nobody else finds it. `callerKey` makes one. */
  readonly owner: string;
  /** What a list calls it. Default: the program and its arguments, shortened. */
  readonly label?: string | undefined;
  /** 1 to 500. Default: 80. */
  readonly columns?: number | undefined;
  /** 1 to 200. Default: 24. */
  readonly rows?: number | undefined;
  /** All in all. Default: four hours. */
  readonly timeoutMs?: number | undefined;
  /** Without output and without keys. Default: 15 minutes. */
  readonly idleTimeoutMs?: number | undefined;
  /** Between hanging up and killing. Default: 2,000 ms. */
  readonly killGraceMs?: number | undefined;
  /**
   * Whether queries of the program are answered: what kind of terminal it is, and where the cursor stands. An answer is
   * typed into whatever reads just then, and a file that is shown can ask too. Default: false, which nearly all
   * programs cope with; nothing is typed then but what `sendKeys` was given.
   */
  readonly answerQueries?: boolean | undefined;
  /** Of the sandbox that wrapped the command (`ProcessSandbox.hasKeeper`). Default: false. */
  readonly hasKeeper?: boolean | undefined;
}

/** Programs with a terminal: editors, pagers, prompts and all else that draws on a screen. */
export interface Terminals extends AsyncDisposable {
  /**
   * Starts a program with a terminal, in a session of its own.
   *
   * @throws {ToolError} `TOO_MANY_TERMINALS`, `INVALID_SIZE`, or `PROGRAM_NOT_STARTED` with the reason.
   * @throws {ToolyardError} `PEER_MISSING` without `@lydell/node-pty` and `@xterm/headless`; `CANCELLED` when closed.
   */
  open(command: Command, options: OpenTerminalOptions): Promise<TerminalSession>;
  /** @throws {ToolError} `TERMINAL_NOT_FOUND`, the same for an id of somebody else. */
  get(id: string, owner: string): TerminalSession;
  /** What an owner has open, and what ended a while ago; oldest first. */
  list(owner: string): TerminalInfo[];
  /** @returns stops listening. */
  on<E extends keyof TerminalEvents>(event: E, listener: TerminalListener<E>): () => void;
  /** Ends all, by force after `deadlineMs` (default: 5,000 ms), and opens none any more. */
  close(options?: { readonly deadlineMs?: number }): Promise<void>;
}

interface Entry {
  readonly owner: string;
  readonly session: RunningTerminal;
  forget?: Timer;
}

const CHANGED_MS = 250;
/** For what was killed to be gone. */
const LAST_WAIT_MS = 1_000;
const MAX_LABEL = 120;
/** The answers to "what are you" and "where is the cursor": of digits only. */
// oxlint-disable-next-line eslint/no-control-regex -- they begin with one
const HARMLESS_ANSWER = /^\x1B\[(?:[?>][\d;]*c|\d+;\d+R|0n)$/;

/**
 * Opens terminals and lets none outlive itself. A typed line is a command: guard `sendKeys` like the start of a program.
 *
 * @throws {InvalidOptionError}
 *
 * @example
 * ```ts
 * import { createTerminals } from '@toolyard/core/process';
 *
 * await using terminals = createTerminals();
 * const command = { file: '/usr/bin/python3', args: ['-i'], cwd: '/srv', env: { HOME: '/tmp' } };
 * const python = await terminals.open(command, { owner: 'ann', columns: 100, rows: 30 });
 * await python.wait({ text: '>>> ' }, { timeoutMs: 10_000 });
 * python.sendKeys([{ text: '6 * 7' }, { key: 'Enter' }]);
 * await python.wait({ pattern: '^42$' }, { timeoutMs: 10_000 });
 * console.log(python.screen().lines.join('\n'));
 * ```
 */
export function createTerminals(options: TerminalsOptions = {}): Terminals {
  const { clock = systemClock, logger = silentLogger, platform = processPlatform(), redactor } = options;
  const maxTerminals = positiveInteger('maxTerminals', options.maxTerminals ?? 16);
  const maxPerOwner = positiveInteger('maxPerOwner', options.maxPerOwner ?? 4);
  const maxKept = positiveInteger('maxKept', options.maxKept ?? 16);
  const keepExitedMs = positiveMs('keepExitedMs', options.keepExitedMs ?? 600_000);
  const scrollbackLines = options.scrollbackLines ?? 1_000;
  if (!Number.isSafeInteger(scrollbackLines) || scrollbackLines < 0 || scrollbackLines > 100_000)
    throw new InvalidOptionError('scrollbackLines', 'must be a whole number from 0 to 100,000');
  const events = new Emitter<TerminalEvents>(logger);
  const secret = randomUUID();
  const watchdog =
    platform.shell !== undefined && options.watchdog !== false
      ? createWatchdog({ shell: platform.shell, variable: `${RUN_VARIABLE}=${secret}.`, logger })
      : undefined;
  const entries = new Map<string, Entry>();
  /** Owners of terminals that are being opened. */
  const opening: string[] = [];
  let started = 0;
  let closing: Promise<void> | undefined;

  const running = () => [...entries.values()].filter(({ session }) => !session.hasExited);
  // The server may end without `close`: an uncaught error, process.exit().
  const killAll = () => {
    for (const { session } of running()) session.forceKill();
  };

  async function open(command: Command, wanted: OpenTerminalOptions): Promise<TerminalSession> {
    if (closing) throw new ShutdownError();
    const { owner, label = labelOf(command), answerQueries = false, hasKeeper = false } = wanted;
    const size = checkSize({ columns: wanted.columns ?? 80, rows: wanted.rows ?? 24 });
    const timeoutMs = positiveMs('timeoutMs', wanted.timeoutMs ?? 4 * 3_600_000);
    const idleTimeoutMs = positiveMs('idleTimeoutMs', wanted.idleTimeoutMs ?? 15 * 60_000);
    const killGraceMs = positiveMs('killGraceMs', wanted.killGraceMs ?? 2_000);
    checkQuota(owner);
    opening.push(owner);
    try {
      let pty: Pty | undefined;
      const spawnPty = await loadPty();
      const screen = await createScreen({
        ...size,
        scrollbackLines,
        onAnswer(answer) {
          if (answerQueries && HARMLESS_ANSWER.test(answer) && pty?.waitingInput === 0) pty.write(answer);
        },
      });
      if (closing) throw new ShutdownError();
      if (started++ === 0) process.once('exit', killAll);
      watchdog?.start();
      const value = `${secret}.${started}.`;
      const marked = { ...command, env: { ...command.env, [RUN_VARIABLE]: value } };
      const { value: spawned, oomScore } = listedStart(() => spawnPty(marked, size), watchdog);
      pty = spawned;
      const { pid } = pty;
      watchdog?.watch(pid, oomScore);
      const id = randomUUID();
      const session = new RunningTerminal({
        id,
        label,
        pty,
        screen,
        size,
        mark: { variable: `${RUN_VARIABLE}=${value}`, oomScore },
        clock,
        logger,
        platform: hasKeeper ? spareLeader(platform, 'session') : platform,
        isKept: hasKeeper,
        redactor,
        timeoutMs,
        idleTimeoutMs,
        killGraceMs,
        onShown: changedTeller(owner, id),
      });
      entries.set(id, { owner, session });
      void session.exited.then((exit) => {
        watchdog?.forget(pid);
        releaseOomScore(oomScore);
        keep(id);
        events.emit('terminalExited', { owner, terminal: session.info(), exit });
      });
      events.emit('terminalStarted', { owner, terminal: session.info() });
      return session;
    } finally {
      opening.splice(opening.indexOf(owner), 1);
    }
  }

  function checkQuota(owner: string): void {
    const owners = [...opening, ...running().map((entry) => entry.owner)];
    const own = owners.filter((each) => each === owner).length;
    if (own < maxPerOwner && owners.length < maxTerminals) return;
    throw new ToolError(
      'TOO_MANY_TERMINALS',
      own >= maxPerOwner
        ? `You may have ${maxPerOwner} terminals open at the same time; end one first.`
        : `This server has ${maxTerminals} terminals open, and no more at the same time; try again later.`,
    );
  }

  function changedTeller(owner: string, id: string): () => void {
    let told: Timer | undefined;
    return () => {
      told ??= clock.after(CHANGED_MS, () => {
        told = undefined;
        events.emit('terminalChanged', { owner, id });
      });
    };
  }

  /** For those who want to see how it ended. */
  function keep(id: string): void {
    const entry = entries.get(id);
    if (!entry) return;
    entry.forget = clock.after(keepExitedMs, () => forget(id));
    const [oldest, ...others] = [...entries].filter(([, { session }]) => session.hasExited);
    if (oldest && others.length >= maxKept) forget(oldest[0]);
  }

  function forget(id: string): void {
    const entry = entries.get(id);
    entry?.forget?.cancel();
    entry?.session.dispose();
    entries.delete(id);
  }

  async function closeAll(deadlineMs: number): Promise<void> {
    let timer: Timer | undefined;
    const late = new Promise<void>((resolve) => (timer = clock.after(deadlineMs + LAST_WAIT_MS, resolve)));
    await Promise.race([
      Promise.all(running().map(({ session }) => session.end('closed', deadlineMs))),
      late,
    ]);
    timer?.cancel();
    const stuck = running().length;
    if (stuck > 0) logger.error({ terminals: stuck }, 'Some terminals did not end.');
    for (const id of entries.keys()) forget(id);
    await watchdog?.stop();
    process.removeListener('exit', killAll);
  }

  const close = ({ deadlineMs = 5_000 } = {}) => (closing ??= closeAll(deadlineMs));
  return {
    open,
    get(id, owner) {
      const entry = entries.get(id);
      if (entry?.owner === owner) return entry.session;
      throw new ToolError('TERMINAL_NOT_FOUND', 'There is no such terminal, or it ended a while ago.');
    },
    list: (owner) =>
      [...entries.values()].filter((entry) => entry.owner === owner).map(({ session }) => session.info()),
    on: (event, listener) => events.on(event, listener),
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}

function labelOf({ file, name, args }: Command): string {
  const label = [basename(name ?? file), ...args].join(' ');
  return label.length > MAX_LABEL ? `${label.slice(0, MAX_LABEL - 1)}…` : label;
}

/** The watchdog hears of a program before it starts, so that no moment is left in which it could outlive us. */
function listedStart(start: () => Pty, watchdog: Watchdog | undefined) {
  let expected: number | undefined;
  try {
    return withOomScore(start, (score) => watchdog?.expect((expected = score)));
  } catch (error) {
    watchdog?.dismiss(expected);
    throw error;
  }
}
