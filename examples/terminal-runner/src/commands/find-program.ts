import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { TerminalError } from '../errors.ts';

/** Where programs are looked for: fixed, so that neither the environment nor the working directory decides. */
export const PROGRAM_DIRECTORIES: readonly string[] = ['/usr/local/bin', '/usr/bin', '/bin'];

/**
 * The real path of a program in the first directory that has it.
 *
 * @throws {TerminalError} `PROGRAM_NOT_FOUND` when no directory has it; `PROGRAM_NOT_TRUSTED` when every user of the
 * machine could replace it.
 */
export async function findProgram(name: string, directories: readonly string[]): Promise<string> {
  for (const directory of directories) {
    const file = isAbsolute(directory) ? await executableFile(join(directory, name)) : undefined;
    if (file === undefined) continue;
    await assertTrusted(name, file);
    return file;
  }
  throw new TerminalError('PROGRAM_NOT_FOUND', `The program "${name}" is not installed on this machine.`);
}

async function executableFile(path: string): Promise<string | undefined> {
  try {
    const file = await realpath(path);
    await access(file, constants.X_OK);
    return (await stat(file)).isFile() ? file : undefined;
  } catch {
    return undefined;
  }
}

async function assertTrusted(name: string, file: string): Promise<void> {
  const [program, directory] = await Promise.all([stat(file), stat(dirname(file))]);
  const sticky = (directory.mode & 0o1000) !== 0;
  if (writableByAll(program.mode) || (writableByAll(directory.mode) && !sticky))
    throw new TerminalError('PROGRAM_NOT_TRUSTED', `The program "${name}" can be replaced by any user.`);
}

function writableByAll(mode: number): boolean {
  return (mode & 0o002) !== 0;
}
