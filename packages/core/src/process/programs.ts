import { constants, type BigIntStats } from 'node:fs';
import { access, lstat, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { systemClock, type Clock } from '../clock.ts';
import { InvalidOptionError, ToolError } from '../errors.ts';
import { positiveMs } from '../options.ts';
import { hostPlatform, type Platform } from './platform.ts';

/** What `findProgram` can be told. */
export interface FindProgramOptions {
  /** Default: the platform of this process. */
  readonly platform?: Platform;
}

/**
 * The absolute real path of a program, in the first of the directories that has it. Neither the working directory nor
 * anyone's PATH has a say.
 *
 * @param name - without directory: `git`. On Windows without ending.
 * @param directories - absolute.
 * @throws {ToolError} `PROGRAM_NOT_FOUND`; `PROGRAM_NOT_TRUSTED` for one that any user of the machine could replace,
 * or that runs as another user (setuid, setgid); `PROGRAM_NEEDS_SHELL` for a batch file on Windows.
 */
export async function findProgram(
  name: string,
  directories: readonly string[],
  { platform = hostPlatform() }: FindProgramOptions = {},
): Promise<string> {
  const { file } = await locate(name, directories, platform);
  return file;
}

/** What `createProgramFinder` needs. */
export interface ProgramFinderOptions extends FindProgramOptions {
  /** Default: those of the platform. */
  readonly directories?: readonly string[];
  /** How long an answer is good while the file stays the same. Default: 10,000 ms. */
  readonly keepMs?: number;
  readonly clock?: Clock;
}

/** Finds programs again and again. */
export interface ProgramFinder {
  readonly directories: readonly string[];
  /** Like {@link findProgram}, with the same errors. */
  find(name: string): Promise<string>;
}

/**
 * {@link findProgram} with a memory: of what was found, never of what was not. An answer is looked up again after
 * `keepMs`, and at once when the file was changed or replaced.
 */
export function createProgramFinder(options: ProgramFinderOptions = {}): ProgramFinder {
  const { platform = hostPlatform(), keepMs = 10_000, clock = systemClock } = options;
  const { directories = platform.programDirectories } = options;
  positiveMs('keepMs', keepMs);
  const known = new Map<string, Located & { until: number }>();

  async function find(name: string): Promise<string> {
    const last = known.get(name);
    if (last && clock.monotonic() < last.until && isSame(last.stats, await statsOf(last.file)))
      return last.file;
    known.delete(name);
    const located = await locate(name, directories, platform);
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(name, { ...located, until: clock.monotonic() + keepMs });
    return located.file;
  }
  return { directories, find };
}

const MAX_KNOWN = 256;

interface Located {
  readonly file: string;
  readonly stats: BigIntStats;
}

async function locate(name: string, directories: readonly string[], platform: Platform): Promise<Located> {
  assertPlainName(name);
  for (const directory of directories) {
    if (!platform.isAbsolute(directory))
      throw new InvalidOptionError('directories', `names ${directory}, which is not absolute`);
    for (const extension of platform.programExtensions) {
      const path = join(directory, name + extension);
      const stats = await executable(path);
      if (stats) return trusted(name, path, platform);
    }
    for (const extension of platform.shellExtensions)
      if (await executable(join(directory, name + extension))) throw needsShell(name, extension);
  }
  throw new ToolError(
    'PROGRAM_NOT_FOUND',
    `The program "${name}" is not installed in ${directories.join(', ') || 'any directory: none was given'}.`,
  );
}

// Dots and dashes inside names are common (python3.12, x86_64-linux-gnu-gcc); a leading one never is. `[` is test(1).
const PLAIN_NAME = /^(?:[A-Za-z0-9_+][\w.+@-]{0,127}|\[)$/;

function assertPlainName(name: string): void {
  if (PLAIN_NAME.test(name)) return;
  throw new ToolError(
    'PROGRAM_NOT_FOUND',
    `${JSON.stringify(name.slice(0, 130))} is not the name of a program. Give its plain name, without a directory: "git".`,
  );
}

async function executable(path: string): Promise<boolean> {
  try {
    const file = await realpath(path);
    await access(file, constants.X_OK);
    return (await lstat(file)).isFile();
  } catch {
    return false;
  }
}

/** Follows the links one by one: whoever can replace one of them chooses the program. */
async function trusted(name: string, path: string, platform: Platform): Promise<Located> {
  let at = path;
  for (let links = 0; links < MAX_LINKS; links++) {
    const directory = await realpath(dirname(at));
    await assertDirectories(name, directory, platform);
    at = join(directory, basename(at));
    const stats = await lstat(at, { bigint: true });
    if (stats.isSymbolicLink()) {
      assertOwnerInSticky(name, at, stats, await lstat(directory, { bigint: true }), platform);
      at = resolve(directory, await readlink(at));
      continue;
    }
    if (!stats.isFile()) throw distrust(name, at, 'is no regular file');
    if (platform.os !== 'windows') {
      if (has(stats, WORLD_WRITABLE)) throw distrust(name, at, 'can be changed by any user');
      if (has(stats, SET_ID)) throw distrust(name, at, 'runs as another user (setuid or setgid)');
      assertOwnerInSticky(name, at, stats, await lstat(directory, { bigint: true }), platform);
    }
    return { file: at, stats };
  }
  throw distrust(name, path, 'is a link to a link, and so on');
}

const MAX_LINKS = 16;
const WORLD_WRITABLE = 0o002n;
const STICKY = 0o1000n;
const SET_ID = 0o6000n;

async function assertDirectories(name: string, directory: string, platform: Platform): Promise<void> {
  // Windows has access lists instead of modes; its program directories are writable by administrators only.
  if (platform.os === 'windows') return;
  for (let at = directory; ; at = dirname(at)) {
    const stats = await lstat(at, { bigint: true });
    if (has(stats, WORLD_WRITABLE) && !has(stats, STICKY))
      throw distrust(name, at, 'is a directory in which any user can replace it');
    if (at === dirname(at)) return;
    assertOwnerInSticky(name, at, stats, await lstat(dirname(at), { bigint: true }), platform);
  }
}

// In a directory like /tmp everyone may add entries, but only change their own.
function assertOwnerInSticky(
  name: string,
  path: string,
  entry: BigIntStats,
  directory: BigIntStats,
  platform: Platform,
): void {
  if (platform.os === 'windows' || !has(directory, WORLD_WRITABLE)) return;
  if (entry.uid !== 0n && entry.uid !== BigInt(platform.userId ?? 0))
    throw distrust(name, path, 'belongs to another user, in a directory that every user may write to');
}

function has(stats: BigIntStats, bits: bigint): boolean {
  return (stats.mode & bits) !== 0n;
}

async function statsOf(file: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(file, { bigint: true });
  } catch {
    return undefined;
  }
}

function isSame(one: BigIntStats, other: BigIntStats | undefined): boolean {
  return (
    other !== undefined &&
    one.ino === other.ino &&
    one.dev === other.dev &&
    one.mtimeNs === other.mtimeNs &&
    // Also changes with owner and mode.
    one.ctimeNs === other.ctimeNs
  );
}

function distrust(name: string, path: string, why: string): ToolError {
  return new ToolError('PROGRAM_NOT_TRUSTED', `The program "${name}" is not run: ${path} ${why}.`);
}

// cmd.exe reads arguments by rules of its own, which no quoting holds against (CVE-2024-27980).
function needsShell(name: string, extension: string): ToolError {
  return new ToolError(
    'PROGRAM_NEEDS_SHELL',
    `"${name}" is a ${extension} file here, which only a shell can run. Run the program behind it: for npm and npx, node with npm-cli.js or npx-cli.js.`,
  );
}
