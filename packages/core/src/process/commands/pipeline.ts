import { isToolError } from '../../errors.ts';
import type { OutputCapture } from '../output/output-capture.ts';
import type { FileReader } from '../roots/open-read.ts';
import type { SafeRoots } from '../roots/safe-roots.ts';
import type { ByteSink } from '../supervisor/byte-sink.ts';
import type { ExitReason, ManagedProcess } from '../supervisor/managed-process.ts';
import type { ProcessSupervisor } from '../supervisor/supervisor.ts';
import type { CommandExit } from './command-runner.ts';
import type { PreparedPart } from './prepare.ts';
import { openStreams, type Streams } from './redirects.ts';

interface PipelineOptions {
  readonly owner: string;
  readonly supervisor: ProcessSupervisor;
  readonly roots: SafeRoots;
  /** Gets what is neither piped nor redirected. */
  readonly capture: OutputCapture;
  /** Text for the first command. */
  readonly stdin: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether others ran before: what they did and wrote must be told, whatever becomes of this one. */
  readonly isLater: boolean;
}

/** How a pipeline ended: as its last command did. */
interface PipelineExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly reason: ExitReason;
  readonly commands: readonly CommandExit[];
}

/**
 * Runs commands at the same time, the output of each the input of the next. A command that ends early closes the output
 * of the one before it.
 */
export async function runPipeline(
  parts: readonly PreparedPart[],
  options: PipelineOptions,
): Promise<PipelineExit> {
  const { capture, isLater } = options;
  const streams: Streams[] = [];
  const processes: ManagedProcess[] = [];
  try {
    for (const part of parts) streams.push(await openStreams(part, options.roots));
  } catch (error) {
    await Promise.all(streams.map((each) => each.abort()));
    return failed(error, capture);
  }
  try {
    // The last one first: whoever writes finds its reader.
    for (const [index, part] of [...parts.entries()].toReversed()) {
      const next = processes[0];
      processes.unshift(await startPart(part, streams[index]!, { next, isFirst: index === 0 }, options));
    }
  } catch (error) {
    await Promise.all(processes.map((process) => process.kill()));
    await Promise.all(streams.map((each) => each.abort()));
    if (isLater) return failed(error, capture);
    throw error;
  }
  const exits = await Promise.all(processes.map((process) => process.exited));
  const ended = exits.find(({ reason }) => reason !== 'exited');
  const commands = exits.map(({ exitCode, signal: endSignal }, index) => ({
    program: parts[index]!.command.name ?? '',
    exitCode,
    signal: endSignal,
  }));
  const last = exits.at(-1)!;
  const outcome = {
    exitCode: last.exitCode,
    signal: last.signal,
    reason: ended?.reason ?? last.reason,
    commands,
  };
  if (ended) {
    await Promise.all(streams.map((each) => each.abort()));
    return outcome;
  }
  try {
    for (const each of streams) await each.commit();
    return outcome;
  } catch (error) {
    await Promise.all(streams.map((each) => each.abort()));
    await explain(error, capture);
    return { ...outcome, exitCode: 1, signal: null };
  }
}

async function startPart(
  { command, sandbox, limits }: PreparedPart,
  streams: Streams,
  { next, isFirst }: { next: ManagedProcess | undefined; isFirst: boolean },
  { owner, supervisor, capture, stdin, timeoutMs, signal }: PipelineOptions,
): Promise<ManagedProcess> {
  const text = stdin === undefined ? undefined : { text: stdin };
  const file = streams.stdin === 'nothing' ? undefined : streams.stdin;
  const [stdout, stderr] = streams.sinks(
    next?.input ?? { write: (chunk) => capture.write('stdout', chunk) },
    { write: (chunk) => capture.write('stderr', chunk) },
  );
  const process = await supervisor.start(command, {
    owner,
    sandbox,
    limits,
    timeoutMs,
    signal,
    stdin: file ? 'open' : streams.stdin ? undefined : isFirst ? text : 'open',
    stdout,
    stderr,
  });
  // `a >file | b`: nothing will come.
  if (next && stdout !== next.input && stderr !== next.input) next.endInput();
  if (file) void feed(file, process.input);
  return process;
}

/** A program gets the content and not the file, which it could open again by its descriptor, to write. */
async function feed(file: FileReader, input: ByteSink): Promise<void> {
  try {
    for await (const chunk of file.stream()) await input.write(chunk as Buffer);
  } catch {
    // The program has read enough, or the disk fails: either way there is no more.
  } finally {
    input.end?.();
  }
}

/** A pipeline that could not begin, which is a failure of the command and not of the plan: `||` may follow. */
async function failed(error: unknown, capture: OutputCapture): Promise<PipelineExit> {
  await explain(error, capture);
  return { exitCode: 1, signal: null, reason: 'exited', commands: [] };
}

async function explain(error: unknown, capture: OutputCapture): Promise<void> {
  if (!isToolError(error)) throw error;
  await capture.write('stderr', Buffer.from(`${error.message}\n`));
}
