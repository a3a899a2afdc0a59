import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger, type LogFields, type Logger } from '@toolyard/core';
import { openSafeRoots, type DecidedCommand } from '@toolyard/core/process';
import { commandPolicy, type PolicyDocument } from '@toolyard/validation/command';
import { onTestFinished } from 'vitest';
import { createCommands } from '../../src/commands/commands.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

/** Commands in one writable root, closed when the test ends. */
export async function openCommands({
  policy = { profile: 'dev' },
  sandbox = 'none',
  onDecision,
}: {
  policy?: PolicyDocument;
  sandbox?: 'none' | 'bwrap';
  onDecision?: (decided: DecidedCommand) => void;
} = {}) {
  const data = temporaryDirectory();
  const root = join(data, 'project');
  mkdirSync(root);
  const roots = await openSafeRoots({ roots: [{ name: 'project', path: root, writable: true }] });
  const commands = await createCommands({
    roots,
    policy: commandPolicy(policy),
    sandbox,
    data,
    logger: silentLogger,
    ...(onDecision && { onDecision }),
  });
  onTestFinished(async () => {
    await commands[Symbol.asyncDispose]();
    await roots.close();
  });
  return { commands, data, root, roots };
}

/** Runs a command to its end. */
export async function runCommand(
  { runner }: Awaited<ReturnType<typeof openCommands>>['commands'],
  program: string,
  args: readonly string[] = [],
  owner = 'ann',
) {
  const prepared = await runner.prepare({ program, args }, { owner });
  const started = await runner.start(prepared, { owner, timeoutMs: 10_000 });
  return started.exited;
}

/** A logger that keeps its errors. */
export function keepErrors(): Logger & { readonly errors: readonly (LogFields & { message?: string })[] } {
  const errors: (LogFields & { message?: string })[] = [];
  return {
    ...silentLogger,
    errors,
    error: (fields, message = '') => void errors.push({ ...fields, message }),
  };
}
