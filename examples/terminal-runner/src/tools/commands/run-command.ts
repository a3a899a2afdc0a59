import { callerKey, type Call } from '@toolyard/core';
import type { CommandRunner, PreparedCommand } from '@toolyard/core/process';

import type { Commands } from '../../commands/commands.ts';
import { followOutput } from '../../output/followed-output.ts';
import type { ResultCache } from '../../output/result-cache.ts';
import { CAPTURE } from '../../output/show-output.ts';
import { runResult } from './run-result.ts';

/** How a prepared command is run. */
export interface RunCommandOptions {
  /** Of its output, where that is kept, and in lists. */
  readonly name: string;
  readonly timeoutMs: number;
  /** Gives what the same command gave before. Default: it is run. */
  readonly cache?: ResultCache | undefined;
}

/** Runs a prepared command to its end, or to that of the call, and shows how it went. */
export async function runCommand(
  { runner, artifacts }: Pick<Commands, 'artifacts'> & { readonly runner: CommandRunner },
  command: PreparedCommand,
  call: Call,
  { name, timeoutMs, cache }: RunCommandOptions,
) {
  const { clock, signal } = call;
  const owner = callerKey(call);
  const followed = followOutput(call, { artifacts, owner, name });
  const run = async () => {
    const capture = { ...CAPTURE, onText: followed.onText };
    const process = await runner.start(command, { owner, label: name, timeoutMs, signal, capture });
    return process.exited;
  };
  try {
    const { exit, isCached } = cache
      ? await cache.get({ owner, command, clock }, run)
      : { exit: await run(), isCached: false };
    if (isCached) await followed.repeat(exit.output);
    const ended = { exit, kept: await followed.end(), name, timeoutMs };
    return runResult(ended, isCached ? { cached: true } : {});
  } finally {
    await followed.end();
  }
}
