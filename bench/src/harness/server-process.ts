import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Allocation } from './allocation.ts';
import type { FromServer, MemoryAnswer, Question } from './control.ts';
import type { ServerOptions } from './run-server.ts';

/** A server in a process of its own, so that its CPU and memory are its own. */
export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
  /** CPU microseconds used since the process started. */
  cpuMicros(): Promise<number>;
  /** Memory after garbage collection. */
  memory(): Promise<MemoryAnswer>;
  /** What was allocated since it was last asked. */
  allocation(): Promise<Allocation>;
}

const answerDeadlineMs = 30_000;
const stopDeadlineMs = 2_000;

/** @param file - module name under `src/servers`, without extension. */
export async function startServer(file: string, options: ServerOptions): Promise<ServerProcess> {
  const child = fork(new URL(`../servers/${file}.ts`, import.meta.url), serverArguments(options), {
    execArgv: ['--conditions=@toolyard/source', '--expose-gc'],
    // Only protocol and figures count here; what a server prints goes to stderr with the bench's own progress.
    stdio: ['ignore', process.stderr, process.stderr, 'ipc'],
  });
  try {
    const ready = await nextMessage(child, 'ready');
    return {
      url: ready.url,
      cpuMicros: async () => (await ask(child, 'cpu')).cpu.cpuMicros,
      memory: async () => (await ask(child, 'memory')).memory,
      allocation: async () => (await ask(child, 'allocation')).allocation,
      [Symbol.asyncDispose]: () => stop(child),
    };
  } catch (error) {
    await stop(child);
    throw new Error(`The server "${file}" did not start.`, { cause: error });
  }
}

function serverArguments({ tools, sessionIdleMs, feature }: ServerOptions): string[] {
  const idle = sessionIdleMs === undefined ? [] : ['--session-idle-ms', String(sessionIdleMs)];
  return ['--tools', String(tools), ...idle, ...(feature === undefined ? [] : ['--feature', feature])];
}

async function ask<Q extends Question>(
  child: ChildProcess,
  question: Q,
): Promise<Extract<FromServer, { type: Q }>> {
  const answer = nextMessage(child, question);
  child.send(question);
  return await answer;
}

function nextMessage<T extends FromServer['type']>(
  child: ChildProcess,
  type: T,
): Promise<Extract<FromServer, { type: T }>> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      child.off('message', onMessage).off('exit', onExit);
      clearTimeout(deadline);
      act();
    };
    const onMessage = (message: FromServer): void => {
      if (isOf(message, type)) settle(() => resolve(message));
      else if (message.type === 'failed') settle(() => reject(new Error(message.reason)));
    };
    const onExit = (code: number | null): void => settle(() => reject(new Error(`It exited, code ${code}.`)));
    const late = (): void => settle(() => reject(new Error(`No "${type}" within ${answerDeadlineMs} ms.`)));
    const deadline = setTimeout(late, answerDeadlineMs);
    child.on('message', onMessage).on('exit', onExit);
  });
}

function isOf<T extends FromServer['type']>(
  message: FromServer,
  type: T,
): message is Extract<FromServer, { type: T }> {
  return message.type === type;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill();
  const force = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
  await exited;
  clearTimeout(force);
}
