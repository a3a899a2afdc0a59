import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { atEnd, temporaryDirectory } from './at-end.ts';

const HERE = fileURLToPath(new URL('../..', import.meta.url));

/** What `npm start` gives to Node, with the whole path of the file. */
export const MAIN = startScript();

function startScript(): string[] {
  const manifest = z.object({ scripts: z.object({ start: z.string() }) });
  const { scripts } = manifest.parse(JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8')));
  const [, ...args] = scripts.start.split(' ');
  return args.map((argument) => (argument.endsWith('.ts') ? join(HERE, argument) : argument));
}

/** What is set for a server beside what every process has. */
export type Environment = Readonly<Record<string, string>>;

// Halves the time of a start, of which there are many.
const COMPILE_CACHE = join(HERE, 'node_modules/.cache/compile');

let madeHome: string | undefined;

// npm writes there, when it is asked to start the server.
function home(): string {
  return (madeHome ??= temporaryDirectory());
}

/** Nothing of the tests' own environment but where programs are. */
export function environment(more: Environment = {}): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: home(), NODE_COMPILE_CACHE: COMPILE_CACHE, ...more };
}

/** Arguments of a server that also lets `sh` run, with any script, and holds nothing back by a sandbox. */
export function withShell(): string[] {
  const file = join(temporaryDirectory(), 'policy.json');
  const sh = { does: 'anything', style: 'raw', operands: ['text*'] };
  writeFileSync(file, JSON.stringify({ profile: 'readonly', programs: { sh } }));
  return ['--policy', file, '--sandbox', 'none'];
}

/** A started server. */
export interface Terminal {
  readonly child: ChildProcess;
  /** Everything it has written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Its log lines so far. */
  readonly log: () => Record<string, unknown>[];
  /** Resolves to the exit code, or to the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** Sends a signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

/** A started server that says where it listens. */
export interface HttpTerminal extends Terminal {
  readonly url: string;
  /** The URL of another path of it. */
  at(path: string): string;
}

interface StartOptions {
  readonly env?: Environment;
  /** Default: Node with the arguments of {@link MAIN}. */
  readonly command?: readonly string[];
  readonly cwd?: string;
}

/** Starts it with these arguments and waits for nothing. It is killed at the end, if it is still there. */
export function launch(args: readonly string[], { env, command, cwd }: StartOptions = {}): Terminal {
  const [file = '', ...first] = command ?? [process.execPath, ...MAIN];
  const child = spawn(file, [...first, ...args], {
    env: environment(env),
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (written.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (written.stderr += text));
  child.stdin.on('error', () => {}); // it may have ended
  const ended = once(child, 'close').then(
    ([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null,
  );
  atEnd(() => {
    child.kill('SIGKILL');
    return ended;
  });
  return {
    child,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    log: () =>
      written.stderr
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    ended,
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}

/** Starts it on a free port and waits for the line that says it is ready. */
export async function startHttp(args: readonly string[], options: StartOptions = {}): Promise<HttpTerminal> {
  const terminal = launch(['--port', '0', ...args], options);
  const url = await new Promise<string>((resolve, reject) => {
    const lines = createInterface({ input: terminal.child.stderr! });
    lines.on('line', (line) => {
      const [found] = /(?<=^terminal-runner listens on )http:\S+$/.exec(line) ?? [];
      if (found !== undefined) resolve(found);
    });
    void terminal.ended.then((end) => reject(new Error(`It ended with ${end}:\n${terminal.stderr()}`)));
  });
  return { ...terminal, url, at: (path) => new URL(path, url).href };
}
