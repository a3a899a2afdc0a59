import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Command } from '../command.ts';
import { releaseOomScore, withOomScore } from './oom-score.ts';
import type { ProcessPlatform } from './platform.ts';
import { startFailure } from './start-failure.ts';
import type { Watchdog } from './watchdog.ts';

/** A program that runs. */
export interface Launched {
  readonly child: LaunchedChild;
  /** To be released when nothing of it is left. */
  readonly oomScore: number | undefined;
}

export type LaunchedChild = ChildProcess & {
  readonly pid: number;
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly stderr: Readable;
};

interface LaunchOptions {
  readonly platform: ProcessPlatform;
  readonly hasInput: boolean;
  /** Hears of the program before it starts, so that no moment is left in which it could outlive us. */
  readonly watchdog?: Watchdog | undefined;
}

/**
 * Starts a program without a shell, in a session of its own.
 *
 * @throws {ToolError} `PROGRAM_NOT_STARTED`
 */
export async function launch(
  command: Command,
  { platform, hasInput, watchdog }: LaunchOptions,
): Promise<Launched> {
  const { file, args, name, cwd, env } = command;
  const start = () =>
    spawn(file, [...args], {
      ...(name !== undefined && { argv0: name }),
      ...platform.spawnOptions,
      cwd,
      env: { ...env },
      stdio: [hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
  watchdog?.start();
  let expected: number | undefined;
  try {
    const { value: child, oomScore } = platform.hasProc
      ? withOomScore(start, (score) => watchdog?.expect((expected = score)))
      : { value: start(), oomScore: undefined };
    if (isLaunched(child)) {
      watchdog?.watch(child.pid, oomScore);
      return { child, oomScore };
    }
    releaseOomScore(oomScore);
    const [error] = (await once(child, 'error')) as [unknown];
    throw error;
  } catch (error) {
    watchdog?.dismiss(expected);
    throw startFailure(command, error);
  }
}

function isLaunched(child: ChildProcess): child is LaunchedChild {
  return child.pid !== undefined;
}
