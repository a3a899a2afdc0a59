// Runs in a thread of its own, once: loads the interpreter, runs the script over the tree, and answers.
import { workerData, parentPort, type MessagePort } from 'node:worker_threads';
import type { Bash } from 'just-bash';
import { loadPeer } from '../load-peer.ts';
import { faultOf, fileFault } from './file-fault.ts';
import type { Answers, FromThread, Question, ThreadResult, ThreadTask, ToThread } from './messages.ts';
import { treePath } from './paths.ts';
import { Tree } from './tree.ts';
import { VirtualFileSystem } from './virtual-file-system.ts';

/** Left out: it starts a further thread and loads an engine of which our memory limit knows nothing. */
const LEFT_OUT = new Set<string>(['sqlite3']);

const HOME = '/home/user';
const MIB = 1024 ** 2;

if (parentPort) await main(parentPort, workerData as ThreadTask);

async function main(port: MessagePort, task: ThreadTask): Promise<void> {
  const tell = (message: FromThread) => port.postMessage(message);
  try {
    const tree = new Tree(task.roots, asker(port, tell), task.limits);
    const bash = await open(tree, task);
    tell({ type: 'started' });
    tell({ type: 'done', result: await run(bash, tree, task) });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    tell({ type: 'failed', code, message: message ?? String(error) });
  }
}

async function open(tree: Tree, { cwd, keepsChanges, limits, timeoutMs }: ThreadTask): Promise<Bash> {
  const { Bash, getCommandNames } = await loadPeer('just-bash', () => import('just-bash'));
  const { maxFileBytes, maxCommands, maxInputBytes, maxOutputBytes } = limits;
  const fs = new VirtualFileSystem(tree, {
    maxFileBytes,
    keepsChanges,
    mayChange: (path) => tree.ask('change', path),
  });
  for (const directory of [HOME, '/tmp']) fs.mkdirSync(directory);
  return new Bash({
    fs,
    cwd,
    commands: getCommandNames().filter((name) => !LEFT_OUT.has(name)) as never,
    // The thread is used once, so what this changes for good is gone with it.
    defenseInDepth: { enabled: true, processLifetimeIntrinsicHardening: true },
    executionLimits: {
      // The time is kept from outside; the interpreter's own default might be shorter.
      maxExecutionTimeMs: timeoutMs + 60_000,
      maxSourceBytes: maxInputBytes,
      maxCommandCount: maxCommands,
      maxLoopIterations: maxCommands,
      maxAwkIterations: maxCommands,
      maxSedIterations: maxCommands,
      maxJqIterations: maxCommands,
      maxOutputSize: maxOutputBytes,
      maxStringLength: Math.max(maxFileBytes, maxOutputBytes),
      maxHeredocSize: maxInputBytes,
      maxLiveBytes: 128 * MIB,
      maxArchiveBytes: 32 * MIB,
      maxArchiveEntryBytes: maxFileBytes,
      maxArchiveCompressedBytes: maxFileBytes,
      maxArchiveEntries: limits.maxEntries,
      maxTraversalEntries: limits.maxEntries,
      maxArrayElements: 100_000,
      maxBraceExpansionResults: 100_000,
    },
  });
}

async function run(bash: Bash, tree: Tree, task: ThreadTask): Promise<ThreadResult> {
  const changes = () => tree.changes({ withContent: task.keepsChanges });
  try {
    const { exitCode, stdout, stderr, stdoutKind } = await bash.exec(task.script, {
      args: [...task.args],
      env: { HOME, ...task.env },
      stdin: task.stdin,
      rawScript: true,
    });
    const isBytes = stdoutKind === 'bytes';
    return {
      exitCode,
      stdout: Buffer.from(stdout, isBytes ? 'latin1' : 'utf8'),
      // The limits it names are not the caller's to set.
      stderr: Buffer.from(stderr.replace(/, increase executionLimits\.\w+(?=\n$)/, '')),
      changes: changes(),
    };
  } catch (error) {
    // The interpreter lets what a redirection could not open end the whole line, output included.
    if (!(error instanceof Error) || !('code' in error)) throw error;
    return {
      exitCode: 1,
      stdout: new Uint8Array(),
      stderr: Buffer.from(`bash: ${error.message}\n`),
      changes: changes(),
    };
  }
}

type Pending = { resolve(value: never): void; reject(error: Error): void; readonly path: string };

function asker(port: MessagePort, tell: (message: FromThread) => void) {
  const pending = new Map<number, Pending>();
  let lastId = 0;
  port.on('message', (message: ToThread) => {
    const asked = pending.get(message.id)!;
    pending.delete(message.id);
    if (message.type === 'answer') asked.resolve(message.value as never);
    else asked.reject(fileFault(faultOf(message.code), treePath(asked.path)));
  });
  return async <About extends Question['about']>(about: About, path: string): Promise<Answers[About]> => {
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      pending.set(id, { resolve, reject, path });
      tell({ type: 'question', id, question: { about, path } });
    });
  };
}
