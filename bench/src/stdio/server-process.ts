import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { CpuReport } from './run-stdio-server.ts';

/** A stdio server in a process of its own, wired as a client that spawns it would. */
export interface StdioServerProcess extends AsyncDisposable {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** CPU microseconds used since the process started, all threads. */
  cpuMicros(): Promise<number>;
}

const stopDeadlineMs = 2_000;

/** @param file - module name under `src/servers`, without extension. */
export function startStdioServer(file: string): StdioServerProcess {
  const child = fork(new URL(`../servers/${file}.ts`, import.meta.url), {
    execArgv: ['--conditions=@toolyard/source'],
    stdio: ['pipe', 'pipe', process.stderr, 'ipc'],
  });
  child.stdin!.on('error', () => {}); // its end is told below
  // Nobody may wait for an answer that cannot come any more.
  child.once('exit', () => child.stdout!.destroy(new Error(`The server "${file}" ended.`)));
  return {
    stdin: child.stdin!,
    stdout: child.stdout!,
    async cpuMicros() {
      const answered = once(child, 'message');
      child.send('cpu');
      const [report] = (await answered) as [CpuReport];
      return report.cpuMicros;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill();
      const force = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
      await exited;
      clearTimeout(force);
    },
  };
}
