import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { abortError } from '../../abort.ts';
import { systemClock, type Clock, type Timer } from '../../clock.ts';
import { Emitter } from '../../emitter.ts';
import { InvalidOptionError, ShutdownError } from '../../errors.ts';
import { silentLogger, type Logger } from '../../logger.ts';
import { positiveInteger, positiveMs } from '../../options.ts';
import type { Command } from '../command.ts';
import { captureOutput } from '../output/capture-output.ts';
import type { CaptureOptions } from '../output/output-capture.ts';
import { RUN_VARIABLE } from '../run-variable.ts';
import type { ProcessLimits, ProcessSandbox, SandboxNeeds } from '../sandbox/sandbox.ts';
import type { ByteSink } from './byte-sink.ts';
import type { ProcessEvents, ProcessListener } from './events.ts';
import type { ManagedProcess, ProcessInfo } from './managed-process.ts';
import { launch, type Launched } from './launch.ts';
import { releaseOomScore } from './oom-score.ts';
import { processPlatform, type ProcessPlatform } from './platform.ts';
import { ProcessTable } from './process-table.ts';
import { ProcessQuota } from './quota.ts';
import { RecentText } from './recent-text.ts';
import { spareLeader } from './spare-leader.ts';
import { SupervisedProcess } from './supervised-process.ts';
import { createWatchdog } from './watchdog.ts';

/** What `createProcessSupervisor` needs. */
export interface ProcessSupervisorOptions {
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Running at the same time, of all owners. Default: 64. */
  readonly maxProcesses?: number;
  /** Running at the same time, of one owner. Default: 8. */
  readonly maxPerOwner?: number;
  /** How long an ended background process can be asked for. Default: 600,000 ms. */
  readonly keepExitedMs?: number;
  /** How many ended ones are kept, of all owners; the oldest go first. Default: 64. */
  readonly maxKept?: number;
  /**
   * Whether a small shell beside the server kills all programs when the server dies, however it dies. Started with the
   * first program. Not on Windows. Default: true.
   */
  readonly watchdog?: boolean;
  /** Where programs run. With one, each start has to say what it needs from it. Default: no sandbox. */
  readonly sandbox?: ProcessSandbox;
  /** How output is captured, where a start does not say otherwise. */
  readonly capture?: CaptureOptions;
  readonly platform?: ProcessPlatform;
}

/** How one program is run. */
export interface StartOptions {
  /** Whose process it is: nobody else finds it. `callerKey` makes one. */
  readonly owner: string;
  /** What a list calls it. Default: the program and its arguments, shortened. */
  readonly label?: string | undefined;
  /** Random and unguessable, like the id of an artifact. Default: a new one. */
  readonly id?: string | undefined;
  /**
   * A text is written, and stdin closed unless `keepOpen`; `open` begins with none. What is open is for
   * {@link ManagedProcess.write} and {@link ManagedProcess.input}. Default: empty.
   */
  readonly stdin?: { readonly text: string; readonly keepOpen?: boolean } | 'open' | undefined;
  /** Takes stdout as it comes: nothing of it is captured, masked or announced. */
  readonly stdout?: ByteSink | undefined;
  /** The same for stderr. */
  readonly stderr?: ByteSink | undefined;
  /** The tree is ended after so long. Default: no limit. */
  readonly timeoutMs?: number | undefined;
  /** The tree is ended when it writes nothing for so long. Default: no limit. */
  readonly idleTimeoutMs?: number | undefined;
  /** Between asking and forcing a tree to end. Default: 2,000 ms. */
  readonly killGraceMs?: number | undefined;
  /** Ends the tree when it aborts, unless the process has gone to the background. */
  readonly signal?: AbortSignal | undefined;
  readonly limits?: ProcessLimits | undefined;
  /** What the program needs from the sandbox of the supervisor. */
  readonly sandbox?: SandboxNeeds | undefined;
  /** Whether it stays in the list after its end. Default: false. */
  readonly background?: boolean | undefined;
  readonly capture?: Partial<CaptureOptions> | undefined;
}

/** Starts programs, knows what runs for whom, and lets nothing outlive itself. */
export interface ProcessSupervisor extends AsyncDisposable {
  /** Where programs run, when it was made with a sandbox. */
  readonly sandbox: ProcessSandbox | undefined;
  /**
   * Starts a program without a shell, in a session and process group of its own.
   *
   * When it ends, what it left behind is killed; so are background processes it started.
   *
   * @throws {ToolError} `TOO_MANY_PROCESSES`, or `PROGRAM_NOT_STARTED` with the reason.
   * @throws {ToolyardError} what the sandbox refuses, `INVALID_OPTION`, or `CANCELLED` when the signal has aborted or
   * the supervisor is closed.
   */
  start(command: Command, options: StartOptions): Promise<ManagedProcess>;
  /** @throws {ToolError} `PROCESS_NOT_FOUND`, the same for an id of somebody else. */
  get(id: string, owner: string): ManagedProcess;
  /** What runs for an owner, and what ended in the background a while ago; oldest first. */
  list(owner: string): ProcessInfo[];
  /** @returns stops listening. */
  on<E extends keyof ProcessEvents>(event: E, listener: ProcessListener<E>): () => void;
  /** Ends all trees, by force after `deadlineMs` (default: 5,000 ms), and starts nothing any more. */
  close(options?: { deadlineMs?: number }): Promise<void>;
}

const KILL_GRACE_MS = 2_000;
const CLOSE_DEADLINE_MS = 5_000;
/** For what was killed to be gone. */
const LAST_WAIT_MS = 1_000;
const MAX_LABEL = 120;

/**
 * A supervisor of programs. Close it; what it started ends with it, and with the server however that dies
 * (SECURITY.md says what holds on which system).
 *
 * @throws {InvalidOptionError}
 *
 * @example
 * ```ts
 * import { createProcessSupervisor } from '@toolyard/core/process';
 *
 * await using supervisor = createProcessSupervisor();
 * const command = { file: '/usr/bin/git', args: ['status'], cwd: '/srv/project', env: { HOME: '/tmp' } };
 * const git = await supervisor.start(command, { owner: 'ann', timeoutMs: 60_000 });
 * const { exitCode, output } = await git.exited;
 * ```
 */
export function createProcessSupervisor(options: ProcessSupervisorOptions = {}): ProcessSupervisor {
  const {
    clock = systemClock,
    logger = silentLogger,
    maxProcesses = 64,
    maxPerOwner = 8,
    keepExitedMs = 600_000,
    maxKept = 64,
    sandbox,
    platform = processPlatform(),
  } = options;
  const quota = new ProcessQuota({
    maxProcesses: positiveInteger('maxProcesses', maxProcesses),
    maxPerOwner: positiveInteger('maxPerOwner', maxPerOwner),
  });
  const table = new ProcessTable({
    clock,
    keepExitedMs: positiveMs('keepExitedMs', keepExitedMs),
    maxKept: positiveInteger('maxKept', maxKept),
  });
  const events = new Emitter<ProcessEvents>(logger);
  const secret = randomUUID();
  const isKept = sandbox?.hasKeeper === true;
  const watchdog =
    platform.shell !== undefined && options.watchdog !== false
      ? createWatchdog({ shell: platform.shell, variable: `${RUN_VARIABLE}=${secret}.`, logger })
      : undefined;
  let started = 0;
  let closing: Promise<void> | undefined;
  /** `close` waits for it, to end that too. */
  const starting = new Set<Promise<Launched>>();
  const running = () => table.all().filter((process) => !process.hasExited);

  const runningOf = (owner: string) =>
    table.of(owner).flatMap((each) => (each.hasExited ? [] : [each.info()]));

  // The server may end without `close`: an uncaught error, process.exit().
  const killAll = () => {
    for (const process of running()) process.forceKill();
  };

  async function start(command: Command, wanted: StartOptions): Promise<ManagedProcess> {
    if (closing) throw new ShutdownError();
    const { owner, signal, stdin, timeoutMs, idleTimeoutMs, killGraceMs = KILL_GRACE_MS } = wanted;
    if (timeoutMs !== undefined) positiveMs('timeoutMs', timeoutMs);
    if (idleTimeoutMs !== undefined) positiveMs('idleTimeoutMs', idleTimeoutMs);
    positiveMs('killGraceMs', killGraceMs);
    if (signal?.aborted) throw abortError(signal.reason);
    const number = ++started;
    if (number === 1) process.once('exit', killAll);
    const variable = `${RUN_VARIABLE}=${secret}.${number}.`;
    const toStart = marked(intoSandbox(marked(command, variable), wanted, sandbox), variable);

    const id = wanted.id ?? randomUUID();
    const recent = new RecentText();
    const listener = wanted.capture?.onText ?? options.capture?.onText;
    const capture = captureOutput({
      ...options.capture,
      ...wanted.capture,
      onText(chunk) {
        recent.add(chunk.text);
        managed.tellOutput();
        if (events.has('processOutput')) events.emit('processOutput', { owner, id, ...chunk });
        return listener?.(chunk);
      },
    });
    const leave = quota.take(owner, () => runningOf(owner));
    const launching = launch(toStart, { platform, hasInput: stdin !== undefined, watchdog });
    starting.add(launching);
    let launched: Launched;
    try {
      launched = await launching;
    } catch (error) {
      leave();
      throw error;
    } finally {
      starting.delete(launching);
    }
    const { child, oomScore } = launched;
    const managed = new SupervisedProcess({
      id,
      label: wanted.label ?? labelOf(command),
      command,
      child,
      mark: { variable, oomScore },
      capture,
      sinks: { stdout: wanted.stdout, stderr: wanted.stderr },
      recent,
      platform: isKept ? spareLeader(platform) : platform,
      isKept,
      clock,
      logger,
      input: stdin === 'open' ? { text: '', keepOpen: true } : stdin,
      timeoutMs,
      idleTimeoutMs,
      killGraceMs,
      signal,
      isBackground: wanted.background ?? false,
      onForget: () => table.remove(id),
    });
    table.add(owner, managed);
    void managed.exited.then((exit) => {
      watchdog?.forget(child.pid);
      releaseOomScore(oomScore);
      leave();
      if (managed.isBackground || exit.output.spilled) table.keep(managed);
      else table.remove(id);
      if (events.has('processExited')) events.emit('processExited', { owner, process: managed.info(), exit });
    });
    if (events.has('processStarted')) events.emit('processStarted', { owner, process: managed.info() });
    return managed;
  }

  async function closeAll(deadlineMs: number): Promise<void> {
    await Promise.allSettled(starting);
    const left = running();
    let timer: Timer | undefined;
    const late = new Promise<void>((resolve) => (timer = clock.after(deadlineMs + LAST_WAIT_MS, resolve)));
    await Promise.race([Promise.all(left.map((each) => each.end('closed', deadlineMs))), late]);
    timer?.cancel();
    const stuck = running().length;
    if (stuck > 0) logger.error({ processes: stuck }, 'Some processes did not end.');
    await Promise.all(table.all().flatMap((each) => (each.hasExited ? [each.forget()] : [])));
    await watchdog?.stop();
    process.removeListener('exit', killAll);
  }

  const close = ({ deadlineMs = CLOSE_DEADLINE_MS } = {}) => (closing ??= closeAll(deadlineMs));
  return {
    sandbox,
    start,
    get: (id, owner) => table.get(id, owner),
    list: (owner) => table.of(owner).map((each) => each.info()),
    on: (event, listener) => events.on(event, listener),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function marked(command: Command, variable: string): Command {
  return { ...command, env: { ...command.env, [RUN_VARIABLE]: variable.slice(RUN_VARIABLE.length + 1) } };
}

// Fails closed: nobody gets less than was asked for.
function intoSandbox(
  command: Command,
  { limits, sandbox: needs }: StartOptions,
  sandbox: ProcessSandbox | undefined,
): Command {
  if (!sandbox) {
    if (needs || limits)
      throw new InvalidOptionError('sandbox', 'must be given to createProcessSupervisor to be used in start');
    return command;
  }
  if (!needs) throw new InvalidOptionError('sandbox', `must say what the program needs from ${sandbox.name}`);
  return sandbox.wrap(command, { ...needs, limits: { ...needs.limits, ...limits } });
}

function labelOf({ file, name, args }: Command): string {
  const label = [basename(name ?? file), ...args].join(' ');
  return label.length > MAX_LABEL ? `${label.slice(0, MAX_LABEL - 1)}…` : label;
}
