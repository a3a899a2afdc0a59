import { callerKey, type Call } from '@toolyard/core';
import type { PreparedCommand } from '@toolyard/core/process';

import type { Commands } from '../commands/commands.ts';
import { followOutput } from '../output/followed-output.ts';
import { CAPTURE } from '../output/show-output.ts';
import { runResult } from '../tools/commands/run-result.ts';

/**
 * Runs a prepared command to its end, or to that of the call, and shows it as `run` does.
 *
 * @param options - `name`: of its output, where that is kept.
 */
export async function runCommand(
  { runner, artifacts }: Commands,
  prepared: PreparedCommand,
  call: Call,
  { name, timeoutMs }: { readonly name: string; readonly timeoutMs: number },
) {
  const owner = callerKey(call);
  const followed = followOutput(call, { artifacts, owner, name });
  try {
    const capture = { ...CAPTURE, onText: followed.onText };
    const process = await runner.start(prepared, { owner, timeoutMs, signal: call.signal, capture });
    const exit = await process.exited;
    return runResult({ exit, kept: await followed.end(), name, timeoutMs }, {});
  } finally {
    await followed.end();
  }
}
