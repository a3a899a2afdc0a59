import { randomUUID } from 'node:crypto';
import { systemClock, type Clock } from '../../clock.ts';
import { InvalidOptionError, ShutdownError, ToolError } from '../../errors.ts';
import { positiveMs } from '../../options.ts';
import type { Redactor } from '../../redaction/redactor.ts';
import { shorten } from '../../shorten.ts';
import { captureOutput } from '../output/capture-output.ts';
import type { CapturedOutput } from '../output/output-capture.ts';
import type { SafeRoots } from '../roots/safe-roots.ts';
import { ProcessQuota } from '../supervisor/quota.ts';
import { checkVirtualLimits, type VirtualLimits } from './limits.ts';
import type { ThreadTask } from './messages.ts';
import { mountedPath } from './paths.ts';
import type { VirtualRefusal } from './root-files.ts';
import { save, unsaved, type VirtualChange } from './save.ts';
import { startRun, type VirtualEnd } from './virtual-run.ts';

/** Options of {@link createVirtualExecutor}. */
export interface VirtualExecutorOptions {
  /** The files that runs see, each root as `/mnt/<its name>`. Stays yours to close. */
  readonly roots: SafeRoots;
  /**
   * `discard`: what a run changes is told and thrown away. `through`: the files it wrote are saved when it has ended by
   * itself, each only if nobody else has changed it meanwhile; what is on the disk can then not be deleted or moved.
   */
  readonly writes: 'discard' | 'through';
  readonly limits?: VirtualLimits | undefined;
  /** Masks secrets in the output. Default: nothing is masked. */
  readonly redactor?: Redactor | undefined;
  readonly clock?: Clock | undefined;
}

/** What to run: a line of shell, or one command with operands that no shell looks at. */
export type VirtualCommand =
  { readonly line: string } | { readonly program: string; readonly args: readonly string[] };

/** Options of {@link VirtualExecutor.run}. */
export interface VirtualRunOptions {
  /** Who runs it: `callerKey(call)`. */
  readonly owner: string;
  /** A path for `SafeRoots`. Default: the first root. */
  readonly cwd?: string | undefined;
  /** Added to the few variables a shell has. Nothing of the server's environment is there. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly stdin?: string | undefined;
  /** Default and most: that of the executor. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a run ended. One that fails has ended too. */
export interface VirtualExit {
  /** `null` unless it ended by itself. 126 where it reached a limit of the interpreter, which stderr names. */
  readonly exitCode: number | null;
  readonly reason: VirtualEnd['reason'];
  readonly durationMs: number;
  /** Empty unless it ended by itself: the interpreter gives its output at the end. */
  readonly output: CapturedOutput;
  /** What it left different from the disk, roots only. Empty unless it ended by itself. */
  readonly changes: readonly VirtualChange[];
  /** What the roots refused, up to 32 times. */
  readonly refusals: readonly VirtualRefusal[];
}

/** Runs shell lines without processes. Close it. */
export interface VirtualExecutor extends AsyncDisposable {
  /**
   * Runs one line or command. Each run has files, variables and limits of its own; nothing of it is left for the next.
   *
   * @throws {ToolError} `TOO_MANY_PROCESSES`, `INPUT_TOO_LARGE`, `NOT_A_DIRECTORY` and what else `SafeRoots` says of
   * `cwd`, `VIRTUAL_NOT_STARTED`, `VIRTUAL_RUN_FAILED`.
   * @throws {ToolyardError} `PEER_MISSING` where the package `just-bash` is not installed.
   * @throws {ShutdownError} once it is closed.
   */
  run(command: VirtualCommand, options: VirtualRunOptions): Promise<VirtualExit>;
  /** Ends what runs, and refuses what comes. */
  close(): Promise<void>;
}

/**
 * Runs lines of shell in an interpreter, with tools such as `grep`, `sed`, `awk`, `sort`, `jq` and `tar`, over the files
 * of safe roots. There is no process, no network, no other program and no other file: what the line names is looked up in
 * the interpreter and in the roots.
 *
 * The interpreter is JavaScript in a thread of this process. It holds what the shell can do; it is no boundary of the
 * operating system against a fault in the interpreter. What differs from a real shell:
 *
 * - A redirection to a file that cannot be written ends the run with exit code 1, its output lost.
 * - Commands of a pipe run one after the other, so one that never ends yields nothing to the next.
 * - Hard links cannot be made, and a mode or a time that was set is not saved.
 *
 * Needs the package `just-bash`.
 *
 * @throws {InvalidOptionError}
 *
 * @example
 * ```ts
 * import { createVirtualExecutor, openSafeRoots } from '@toolyard/core/process';
 *
 * const roots = await openSafeRoots({ roots: [{ name: 'project', path: '.' }] });
 * await using executor = createVirtualExecutor({ roots, writes: 'discard' });
 * const { exitCode, output, changes } = await executor.run(
 *   { line: 'grep -rl TODO src | sort > todo.txt; wc -l < todo.txt' },
 *   { owner: 'local' },
 * );
 * ```
 */
export function createVirtualExecutor(options: VirtualExecutorOptions): VirtualExecutor {
  const { roots, writes, redactor, clock = systemClock } = options;
  if (writes !== 'discard' && writes !== 'through')
    throw new InvalidOptionError('writes', "must be 'discard' or 'through'");
  const limits = checkVirtualLimits(options.limits ?? {});
  const { maxRuns: maxProcesses, maxRunsPerOwner: maxPerOwner, maxInputBytes } = limits;
  const quota = new ProcessQuota({ maxProcesses, maxPerOwner });
  const running = new Map<string, { readonly owner: string; readonly label: string }>();
  const working = new Set<Promise<unknown>>();
  const closing = new AbortController();
  const keepsChanges = writes === 'through';

  async function run(command: VirtualCommand, how: VirtualRunOptions): Promise<VirtualExit> {
    if (closing.signal.aborted) throw new ShutdownError();
    const timeoutMs = Math.min(positiveMs('timeoutMs', how.timeoutMs ?? limits.timeoutMs), limits.timeoutMs);
    const input = inputOf(command, how, maxInputBytes);
    const own = () =>
      Array.from(running, ([id, { owner, label }]) => ({ id, owner, label })).filter(
        ({ owner }) => owner === how.owner,
      );
    const giveBack = quota.take(how.owner, own);
    const id = randomUUID();
    running.set(id, { owner: how.owner, label: shorten(labelOf(command), 60) });
    try {
      const cwd = await directoryOf(roots, how.cwd);
      return await execute(
        { ...input, cwd, roots: roots.roots.map(({ name }) => name), keepsChanges, timeoutMs, limits },
        how.signal,
      );
    } finally {
      running.delete(id);
      giveBack();
    }
  }

  async function execute(task: ThreadTask, signal: AbortSignal | undefined): Promise<VirtualExit> {
    const startedAt = clock.monotonic();
    const stop = AbortSignal.any([closing.signal, ...(signal ? [signal] : [])]);
    const whyStopped = () => (closing.signal.aborted ? 'closed' : 'cancelled');
    if (stop.aborted) return exitOf({ reason: whyStopped() }, [], startedAt, stop);
    const started = startRun(task, {
      roots,
      use: { keepsChanges, ...limits },
      clock,
      maxMemoryMb: limits.maxMemoryMb,
    });
    const onAbort = () => started.end(whyStopped());
    stop.addEventListener('abort', onAbort, { once: true });
    try {
      return await exitOf(await started.ended, started.refusals, startedAt, stop);
    } finally {
      stop.removeEventListener('abort', onAbort);
    }
  }

  async function exitOf(
    end: VirtualEnd,
    refusals: readonly VirtualRefusal[],
    startedAt: number,
    stop: AbortSignal,
  ): Promise<VirtualExit> {
    const durationMs = clock.monotonic() - startedAt;
    const result = end.reason === 'exited' ? end.result : undefined;
    const capture = captureOutput({ maxSpillBytes: 0, redactor });
    for (const stream of ['stdout', 'stderr'] as const)
      // oxlint-disable-next-line no-await-in-loop -- one stream after the other
      if (result) await capture.write(stream, asBuffer(result[stream]));
    const changes = result?.changes ?? [];
    return {
      exitCode: result?.exitCode ?? null,
      reason: end.reason,
      durationMs,
      output: await capture.end(),
      changes: keepsChanges ? await save(roots, changes, stop) : unsaved(changes),
      refusals,
    };
  }

  async function close(): Promise<void> {
    closing.abort(new ShutdownError());
    await Promise.allSettled(working);
  }

  return {
    run(command, how) {
      const work = run(command, how);
      working.add(work);
      void work.then(
        () => working.delete(work),
        () => working.delete(work),
      );
      return work;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function inputOf(command: VirtualCommand, { env = {}, stdin = '' }: VirtualRunOptions, maxBytes: number) {
  const isLine = 'line' in command;
  const script = isLine ? command.line : `'${command.program.replaceAll("'", String.raw`'\''`)}'`;
  const args = isLine ? [] : command.args;
  const parts = { line: script, arguments: args.join(' '), stdin, environment: JSON.stringify(env) };
  for (const [name, text] of Object.entries(parts))
    if (Buffer.byteLength(text) > maxBytes)
      throw new ToolError('INPUT_TOO_LARGE', `The ${name} may have ${maxBytes} bytes; put more into a file.`);
  return { script, args, env: { ...env }, stdin };
}

function labelOf(command: VirtualCommand): string {
  return 'line' in command ? command.line : command.program;
}

async function directoryOf(roots: SafeRoots, cwd: string | undefined): Promise<string> {
  const located = await roots.locate(cwd ?? '.');
  if (located.type !== 'directory')
    throw new ToolError('NOT_A_DIRECTORY', `${JSON.stringify(cwd)} is not a directory to run in.`);
  const root = roots.roots.find(({ name }) => name === located.root)!;
  return mountedPath(root, located.absolutePath);
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
