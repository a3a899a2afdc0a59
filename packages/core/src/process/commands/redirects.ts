import type { FileReader } from '../roots/open-read.ts';
import type { FileWriter } from '../roots/file-writer.ts';
import type { SafeRoots } from '../roots/safe-roots.ts';
import type { ByteSink } from '../supervisor/byte-sink.ts';
import type { PlannedRedirect } from './plan.ts';
import type { PreparedPart } from './prepare.ts';

/** The streams of one command as its redirects have them. */
export interface Streams {
  /** What stdin is redirected to: a file, or nothing at all; `undefined` when it is not. */
  readonly stdin: FileReader | 'nothing' | undefined;
  /** Where stdout and stderr go, given where they would. */
  sinks(stdout: ByteSink, stderr: ByteSink): [stdout: ByteSink, stderr: ByteSink];
  /** Puts the written files in their places. */
  commit(): Promise<void>;
  /** Closes everything, and leaves the files as they were. */
  abort(): Promise<void>;
}

/**
 * Opens what the redirects of a command name, in order.
 *
 * @throws {ToolError} as `SafeRoots.openRead` and `openWrite`; then nothing is left open.
 */
export async function openStreams({ command, redirects }: PreparedPart, roots: SafeRoots): Promise<Streams> {
  const opened = new Map<PlannedRedirect, FileReader | FileSink>();
  const abort = async () => {
    for (const each of opened.values()) await each.close();
  };
  try {
    for (const redirect of redirects) {
      const { mode, target } = redirect;
      if (typeof target !== 'string' || target === NOWHERE) continue;
      const path = target.includes(':') && !target.startsWith('/') ? `./${target}` : target;
      if (mode === 'read') opened.set(redirect, await roots.openRead(path, { cwd: command.cwd }));
      else {
        // `>f 2>f` is one file, of which nothing is to be lost.
        const same = redirects.find((each) => each.target === target && opened.get(each) instanceof FileSink);
        const shared = same && opened.get(same);
        const open = () => roots.openWrite(path, { cwd: command.cwd, append: mode === 'append' });
        opened.set(redirect, shared ?? new FileSink(await open()));
      }
    }
  } catch (error) {
    await abort();
    throw error;
  }
  const input = redirects.findLast(({ fd }) => fd === 0);
  const reader = input && opened.get(input);
  return {
    stdin: input && (reader && !(reader instanceof FileSink) ? reader : 'nothing'),
    sinks(stdout, stderr) {
      const streams = { 1: stdout, 2: stderr };
      for (const redirect of redirects) {
        const { fd, target } = redirect;
        if (fd === 0) continue;
        const file = opened.get(redirect);
        if (typeof target === 'number') streams[fd] = streams[target];
        else streams[fd] = file instanceof FileSink ? file : DISCARD;
      }
      return [streams[1], streams[2]];
    },
    async commit() {
      for (const each of new Set(opened.values())) {
        if (each instanceof FileSink) await each.commit();
        else await each.close();
      }
    },
    abort,
  };
}

const NOWHERE = '/dev/null';
const DISCARD: ByteSink = { write: () => undefined };

/** A file that output goes to. What could not be written is told at its end. */
class FileSink implements ByteSink {
  readonly #writer: FileWriter;
  #failure: unknown;

  constructor(writer: FileWriter) {
    this.#writer = writer;
  }

  async write(chunk: Buffer): Promise<void> {
    try {
      await this.#writer.write(chunk);
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  async commit(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await this.#writer.commit();
  }

  close(): Promise<void> {
    return this.#writer.abort();
  }
}
