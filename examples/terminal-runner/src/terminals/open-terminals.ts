import { dirname } from 'node:path';
import { ToolyardError, type Logger } from '@toolyard/core';
import { createTerminals, redactor, type Terminals } from '@toolyard/core/process';

/**
 * Opens what terminals are made by, after a trial: a machine where none can be opened is told at the start and not by
 * the first call.
 *
 * @throws {ToolyardError} `PEER_MISSING` with what to install, or `TERMINAL_TRIAL_FAILED`.
 * @throws {ToolError} `PROGRAM_NOT_STARTED` where the system has no terminals to give.
 */
export async function openTerminals({ logger }: { readonly logger: Logger }): Promise<Terminals> {
  await tryOut();
  return createTerminals({ logger, redactor: redactor() });
}

const PACKAGES = ['@lydell/node-pty', '@xterm/headless'];
const TRIAL_MS = 5_000;

async function tryOut(): Promise<void> {
  await using terminals = createTerminals({ watchdog: false });
  const node = process.execPath;
  const command = { file: node, args: ['--version'], cwd: dirname(node), env: {} };
  try {
    const session = await terminals.open(command, { owner: 'trial', timeoutMs: TRIAL_MS });
    const { exitCode } = await session.exited;
    if (exitCode === 0 && session.screen().lines[0] === process.version) return;
  } catch (cause) {
    if (!(cause instanceof ToolyardError) || cause.code !== 'PEER_MISSING') throw cause;
    const [names, install] = [PACKAGES.join(' and '), PACKAGES.join(' ')];
    const message = `Terminals need the packages ${names}: npm install ${install}`;
    throw new ToolyardError('PEER_MISSING', message, { cause });
  }
  throw new ToolyardError(
    'TERMINAL_TRIAL_FAILED',
    'A terminal was opened to try it, and what was written in it did not arrive.',
  );
}
