import { lstat, mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { TerminalError } from '../errors.ts';
import { isInside } from '../files/paths.ts';
import { ARGUMENT_RULES, checkArguments, type ArgumentRules } from './argument-rules.ts';
import { findProgram, PROGRAM_DIRECTORIES } from './find-program.ts';
import type { CaptureLimits } from './output-capture.ts';
import { signalGroup } from './process-group.ts';
import { runProcess, type OutputChunk, type RunResult } from './run-process.ts';

/** What `createProgramRunner` needs. */
export interface ProgramRunnerOptions {
  /** Programs that may be run, by bare name. */
  readonly programs: readonly string[];
  /** The directory programs run in. Programs with argument rules are kept to it. */
  readonly root: string;
  /** HOME of every program; created, for this user only. */
  readonly home: string;
  /** Absolute directories that programs are looked for in. Default: `/usr/local/bin`, `/usr/bin`, `/bin`. */
  readonly directories?: readonly string[];
  /** Rules by program; one without rules takes any argument. Default: rules for the default programs. */
  readonly rules?: Readonly<Record<string, ArgumentRules>>;
  /** Time zone of programs. Default: UTC. */
  readonly timeZone?: string | undefined;
  /** Default and maximum of a run's `timeoutMs`. Default: 60,000 ms. */
  readonly timeoutMs?: number;
  /** Between SIGTERM and SIGKILL. Default: 2,000 ms. */
  readonly killGraceMs?: number;
  /** Default: the first 8,000 and last 24,000 bytes of each stream. */
  readonly limits?: CaptureLimits;
  /** Runs at the same time; more are refused. Default: 16. */
  readonly maxRuns?: number;
}

/** One run. */
export interface RunRequest {
  readonly program: string;
  readonly args?: readonly string[] | undefined;
  /** Below the root. Default: the root. */
  readonly cwd?: string | undefined;
  /** Text for stdin. Default: none. */
  readonly input?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onOutput?: ((chunk: OutputChunk) => void) | undefined;
}

/** Runs programs of an allow list. */
export interface ProgramRunner {
  /** By bare name, sorted. */
  readonly programs: readonly string[];
  /** Whether nothing can be changed with them: each has argument rules, and those allow no writing. */
  readonly readOnly: boolean;
  /**
   * Runs one program to its end. Cancelling and running out of time are results, like a non-zero exit code.
   *
   * @throws {TerminalError} `PROGRAM_NOT_ALLOWED`, `PROGRAM_NOT_FOUND`, `PROGRAM_NOT_TRUSTED`,
   * `PROGRAM_NOT_STARTED`, `ARGUMENT_NOT_ALLOWED`, `ARGUMENTS_TOO_LARGE`, `PATH_OUTSIDE_ROOT`, `NOT_A_DIRECTORY`,
   * `TOO_MANY_RUNS` or `RUNNER_CLOSED`.
   */
  run(request: RunRequest): Promise<RunResult>;
  /** Cancels what runs and waits for its end. */
  close(): Promise<void>;
}

const MAX_ARGUMENTS = 256;
const MAX_ARGUMENT_BYTES = 64 * 1024;

/**
 * Prepares to run programs: no shell, an allow list, a fixed search path, an environment of six variables. This keeps
 * honest callers inside the root; against hostile programs it is no substitute for a sandbox.
 */
export async function createProgramRunner(options: ProgramRunnerOptions): Promise<ProgramRunner> {
  const {
    directories = PROGRAM_DIRECTORIES,
    rules = ARGUMENT_RULES,
    timeoutMs: maxTimeoutMs = 60_000,
    killGraceMs = 2_000,
    limits = { headBytes: 8_000, tailBytes: 24_000 },
    maxRuns = 16,
  } = options;
  await mkdir(options.home, { recursive: true, mode: 0o700 });
  const root = await realpath(options.root);
  const programs = [...new Set(options.programs)].toSorted();
  const env = {
    PATH: directories.join(':'),
    HOME: options.home,
    LANG: 'C.UTF-8',
    TZ: options.timeZone ?? 'UTC',
    TERM: 'dumb',
  };
  const closing = new AbortController();
  const running = new Map<Promise<unknown>, number | undefined>();
  // The process may end without `close`: an uncaught error, process.exit().
  const killAll = () => {
    for (const pid of running.values()) if (pid !== undefined) signalGroup(pid, 'SIGKILL');
  };
  process.once('exit', killAll);

  async function start(request: RunRequest, onStart: (pid: number) => void): Promise<RunResult> {
    const { program, args = [], timeoutMs = maxTimeoutMs, signal } = request;
    if (!programs.includes(program))
      throw new TerminalError(
        'PROGRAM_NOT_ALLOWED',
        `The program ${JSON.stringify(program)} is not allowed. Allowed: ${programs.join(', ')}.`,
      );
    assertSize(args);
    const file = await findProgram(program, directories);
    const cwd = await insideRoot(root, root, request.cwd ?? '.');
    if (!(await isDirectory(cwd)))
      throw new TerminalError('NOT_A_DIRECTORY', `${JSON.stringify(request.cwd)} is not a directory.`);
    const programRules = Object.hasOwn(rules, program) ? rules[program] : undefined;
    const checked = programRules ? checkArguments(program, args, programRules) : { args, paths: [] };
    await Promise.all(checked.paths.map((path) => insideRoot(root, cwd, path)));
    return runProcess({
      ...request,
      name: program,
      file,
      args: checked.args,
      cwd,
      env,
      timeoutMs: Math.min(timeoutMs, maxTimeoutMs),
      killGraceMs,
      limits,
      signal: signal ? AbortSignal.any([signal, closing.signal]) : closing.signal,
      onStart,
    });
  }

  return {
    programs,
    readOnly: programs.every((program) => Object.hasOwn(rules, program)),
    async run(request) {
      if (closing.signal.aborted) throw new TerminalError('RUNNER_CLOSED', 'The server is shutting down.');
      if (running.size >= maxRuns)
        throw new TerminalError('TOO_MANY_RUNS', `${maxRuns} programs are running; wait for one to end.`);
      const run: Promise<RunResult> = start(request, (pid) => running.set(run, pid));
      running.set(run, undefined);
      try {
        return await run;
      } finally {
        running.delete(run);
      }
    },
    async close() {
      closing.abort();
      await Promise.allSettled(running.keys());
      process.removeListener('exit', killAll);
    },
  };
}

function assertSize(args: readonly string[]): void {
  const bytes = args.reduce((sum, argument) => sum + Buffer.byteLength(argument), 0);
  if (args.length > MAX_ARGUMENTS || bytes > MAX_ARGUMENT_BYTES)
    throw new TerminalError(
      'ARGUMENTS_TOO_LARGE',
      `At most ${MAX_ARGUMENTS} arguments of ${MAX_ARGUMENT_BYTES} bytes together are allowed.`,
    );
  const broken = args.find((argument) => argument.includes('\0'));
  if (broken !== undefined)
    throw new TerminalError('ARGUMENT_NOT_ALLOWED', 'An argument holds a NUL character.');
}

/**
 * The path if it, links followed, lies in the root. A path that does not exist counts by its nearest existing parent,
 * so that the program itself can say that it is missing.
 */
async function insideRoot(root: string, base: string, path: string): Promise<string> {
  const wanted = resolve(base, path);
  let existing = wanted;
  for (;;) {
    const real = await realpath(existing).catch((error: NodeJS.ErrnoException) => error.code ?? 'UNKNOWN');
    if (isAbsolute(real)) {
      if (isInside(root, real)) return wanted;
      break;
    }
    // A link that leads nowhere says ENOENT as well, but could lead somewhere by the time the program looks.
    if (!['ENOENT', 'ENOTDIR'].includes(real) || (await isLink(existing))) break;
    existing = dirname(existing);
  }
  throw new TerminalError('PATH_OUTSIDE_ROOT', `${JSON.stringify(path)} is not inside the file root.`);
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isSymbolicLink(),
    () => false,
  );
}
