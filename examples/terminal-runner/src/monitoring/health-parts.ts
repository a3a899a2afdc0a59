import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ShutdownError } from '@toolyard/core';
import {
  createProcessSupervisor,
  type ArtifactStore,
  type ProcessSupervisor,
  type SafeRoots,
} from '@toolyard/core/process';

import type { Calculator } from '../calculate/calculator.ts';
import type { Commands } from '../commands/commands.ts';
import type { Notes } from '../context/notes.ts';
import type { HealthFinding, HealthPart } from './health.ts';

const MIN_FREE_BYTES = 64 * 1024 * 1024;
/** Nobody's key is that: those of callers are JSON. */
const NOBODY = 'health';

/** Whether programs can be started where the policy allows any: tries one that does nothing, in the sandbox. */
export function commandsHealth(
  commands: Pick<Commands, 'policy' | 'roots' | 'sandbox' | 'supervisor'>,
  { maxPerOwner }: { readonly maxPerOwner?: number } = {},
): HealthPart {
  const { policy, roots, sandbox, supervisor } = commands;
  return {
    name: 'commands',
    isRequired: true,
    async check(signal) {
      if (await isClosed(supervisor)) return failed('The server is shutting down.');
      if (policy.programs.length === 0) return ok('The policy allows no program.');
      const exitCode = await tryOut({ roots, sandbox, signal });
      if (exitCode !== 0) return failed(`Programs do not run: a trial ended with ${exitCode ?? 'a signal'}.`);
      return ok(sandbox.isBoundary ? `Programs run in ${sandbox.name}.` : 'Programs run without a sandbox.');
    },
    async usage(owner) {
      const list = supervisor.list(owner);
      const running = list.filter(({ status }) => status !== 'exited').length;
      return [
        { what: 'running processes', used: running, limit: maxPerOwner },
        { what: 'ended processes', used: list.length - running },
      ];
    },
  };
}

/** Whether the roots are there. */
export function filesHealth(
  roots: SafeRoots,
  { minFreeBytes = MIN_FREE_BYTES }: { readonly minFreeBytes?: number } = {},
): HealthPart {
  return {
    name: 'files',
    isRequired: true,
    async check() {
      const problems: string[] = [];
      for (const { name, path, writable } of roots.roots) {
        const { type } = await roots.locate(`${name}:.`);
        if (type !== 'directory') return failed(`The root ${name} is gone.`);
        const free = writable ? await freeBytesOf(path) : Infinity;
        if (free < minFreeBytes) problems.push(`The root ${name} has ${free} bytes left.`);
      }
      const names = roots.roots.map(({ name }) => name).join(', ');
      return problems.length > 0 ? degraded(problems.join(' ')) : ok(`Roots: ${names}.`);
    },
  };
}

/** Whether the server can write to its own directory and has some space there. */
export function dataHealth(
  directory: string,
  { minFreeBytes = MIN_FREE_BYTES }: { readonly minFreeBytes?: number } = {},
): HealthPart {
  const probe = join(directory, 'health-probe');
  return {
    name: 'data',
    isRequired: true,
    async check() {
      try {
        // Permission is not all: a full disk takes a name and no content.
        await writeFile(probe, 'x'.repeat(4_096), { mode: 0o600 });
      } catch (error) {
        return failed(`Nothing can be written to the data directory (${codeOf(error)}).`);
      } finally {
        await rm(probe, { force: true }).catch(() => {});
      }
      const free = await freeBytesOf(directory);
      if (free < minFreeBytes) return failed(`The data directory has ${free} bytes left.`);
      return ok('The data directory can be written to.');
    },
  };
}

/** Whether the calculator calculates. Starts its thread. */
export function calculationsHealth(calculator: Pick<Calculator, 'calculate'>): HealthPart {
  return {
    name: 'calculations',
    isRequired: false,
    // The thread takes a while to start on a busy machine.
    timeoutMs: 15_000,
    async check(signal) {
      try {
        const { text } = await calculator.calculate('1 + 1', { signal });
        return text === '2' ? ok('Expressions are evaluated.') : failed('It cannot calculate.');
      } catch (error) {
        const isBusy = codeOf(error) === 'CALCULATOR_BUSY';
        if (isBusy) return degraded('Too many calculations are waiting.');
        return failed(`Expressions are not evaluated (${codeOf(error)}).`);
      }
    },
  };
}

/** Whether notes can be read. */
export function notesHealth(
  notes: Pick<Notes, 'keys'>,
  { maxKeys }: { readonly maxKeys?: number } = {},
): HealthPart {
  const workspace = 'default';
  return {
    name: 'notes',
    isRequired: false,
    async check() {
      await notes.keys({ principal: NOBODY, workspace });
      return ok('Notes can be read.');
    },
    async usage(owner) {
      const { length } = await notes.keys({ principal: owner, workspace });
      return [{ what: 'notes in the workspace default', used: length, limit: maxKeys }];
    },
  };
}

/** Whether output can be kept and read. */
export function outputHealth(
  artifacts: Pick<ArtifactStore, 'list'>,
  limits: { readonly maxArtifacts?: number; readonly maxBytes?: number } = {},
): HealthPart {
  return {
    name: 'output',
    isRequired: false,
    async check() {
      // Writing one could make the store let go of what belongs to somebody.
      await artifacts.list(NOBODY);
      return ok('Output is kept.');
    },
    async usage(owner) {
      const list = await artifacts.list(owner);
      const bytes = list.reduce((sum, each) => sum + each.bytes, 0);
      return [
        { what: 'kept outputs', used: list.length, limit: limits.maxArtifacts },
        { what: 'bytes of kept outputs', used: bytes, limit: limits.maxBytes },
      ];
    },
  };
}

const TRIAL_MS = 4_000;

/** A supervisor of its own: nobody's place is taken, and no event tells of it. */
async function tryOut({
  roots,
  sandbox,
  signal,
}: Pick<Commands, 'roots' | 'sandbox'> & { signal: AbortSignal }): Promise<number | null> {
  await using trial = createProcessSupervisor({ sandbox, watchdog: false });
  const [root] = roots.roots;
  const { exited } = await trial.start(trialCommand(root!.path), {
    owner: NOBODY,
    signal,
    timeoutMs: TRIAL_MS,
    sandbox: { roots: [{ path: root!.path, writable: false }], network: false },
  });
  const { exitCode } = await exited;
  return exitCode;
}

// What it is told to start it never does: the signal has aborted.
async function isClosed(supervisor: ProcessSupervisor): Promise<boolean> {
  const signal = AbortSignal.abort();
  try {
    await supervisor.start(trialCommand('/'), { owner: NOBODY, signal });
  } catch (error) {
    return error instanceof ShutdownError;
  }
  return false;
}

function trialCommand(cwd: string) {
  return { file: process.execPath, args: ['--version'], cwd, env: {} };
}

async function freeBytesOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

const ok = (message: string): HealthFinding => ({ status: 'ok', message });
const degraded = (message: string): HealthFinding => ({ status: 'degraded', message });
const failed = (message: string): HealthFinding => ({ status: 'failed', message });
