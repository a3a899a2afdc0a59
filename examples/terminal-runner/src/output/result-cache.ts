import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Clock } from '@toolyard/core';
import type { PreparedCommand, ProcessExit } from '@toolyard/core/process';

/** Results of commands that give the same for the same files. */
export interface ResultCache {
  /** What `run` gives, or gave before for the same command of the same owner while no file has changed since. */
  get(request: CachedRun, run: () => Promise<ProcessExit>): Promise<{ exit: ProcessExit; isCached: boolean }>;
}

interface CachedRun {
  readonly owner: string;
  readonly command: PreparedCommand;
  readonly clock: Clock;
}

const MAX_ENTRIES = 256;
const MAX_AGE_MS = 600_000;
const MAX_BYTES = 64 * 1024;
/** File times may be as coarse as this: what changed later may change again and look the same. */
const SETTLED_MS = 2_000;

/**
 * Keeps the results of pure commands for ten minutes, 256 of them, of 64 KiB each at most. A command is kept by its
 * program, arguments, directory, environment and input, and by identity, size and times of every file it names; one that
 * names anything but regular files is not.
 */
export function createResultCache(): ResultCache {
  /** The one unused for longest first. */
  const entries = new Map<string, { readonly exit: ProcessExit; readonly expiresAt: number }>();

  function find(key: string, clock: Clock): ProcessExit | undefined {
    const entry = entries.get(key);
    if (!entry) return undefined;
    entries.delete(key);
    if (entry.expiresAt <= clock.monotonic()) return undefined;
    entries.set(key, entry);
    return entry.exit;
  }

  return {
    async get(request, run) {
      const { clock } = request;
      const key = await keyOf(request);
      const known = key === undefined ? undefined : find(key, clock);
      if (known) return { exit: known, isCached: true };
      const exit = await run();
      if (key === undefined || !mayKeep(exit) || (await keyOf(request)) !== key)
        return { exit, isCached: false };
      entries.set(key, { exit, expiresAt: clock.monotonic() + MAX_AGE_MS });
      const [oldest] = entries.keys();
      if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
      return { exit, isCached: false };
    },
  };
}

function mayKeep({ reason, exitCode, output: { stdout, stderr } }: ProcessExit): boolean {
  const isWhole = stdout.omittedBytes === 0 && stderr.omittedBytes === 0;
  return (
    reason === 'exited' && exitCode === 0 && isWhole && stdout.totalBytes + stderr.totalBytes <= MAX_BYTES
  );
}

async function keyOf({ owner, command, clock }: CachedRun): Promise<string | undefined> {
  const { command: program, stdin, pure, operands } = command;
  if (!pure || operands.some(({ access }) => access !== 'read')) return undefined;
  const { file, name, args, cwd, env } = program;
  const files: string[] = [];
  for (const path of [file, ...operands.map((operand) => operand.path)]) {
    const state = await stateOf(path, clock);
    if (state === undefined) return undefined;
    files.push(state);
  }
  const facts = [owner, name ?? null, args, cwd, env, stdin ?? null, files];
  return createHash('sha256').update(JSON.stringify(facts)).digest('base64');
}

/** `undefined` where the time of the last change cannot be trusted. */
async function stateOf(path: string, clock: Clock): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  if (!stats?.isFile()) return undefined;
  const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs, mtimeMs } = stats;
  const changedAt = Number(ctimeMs > mtimeMs ? ctimeMs : mtimeMs);
  if (clock.now() - changedAt < SETTLED_MS) return undefined;
  return [path, dev, ino, size, mtimeNs, ctimeNs].join('\0');
}
