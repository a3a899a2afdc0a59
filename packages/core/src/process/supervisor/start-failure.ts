import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { ToolError } from '../../errors.ts';
import type { Command } from '../command.ts';

/** A program that could not be started, as an error that says why. */
export function startFailure(command: Command, cause: unknown): ToolError {
  const { code } = cause as NodeJS.ErrnoException;
  const name = basename(command.name ?? command.file);
  return new ToolError(
    'PROGRAM_NOT_STARTED',
    `The program "${name}" was not started: ${why(command, code)}.`,
    {
      cause,
      data: { program: name, reason: code },
    },
  );
}

function why(command: Command, code: string | undefined): string {
  // The system reports a missing working directory like a missing program.
  if ((code === 'ENOENT' || code === 'ENOTDIR') && !isDirectory(command.cwd))
    return 'its working directory does not exist';
  switch (code) {
    case 'ENOENT':
      return 'it, or the interpreter its first line names, does not exist';
    case 'EACCES':
      return 'the server may not execute it, or not enter its working directory';
    case 'E2BIG':
      return 'its arguments and environment are too long';
    case 'ENOEXEC':
      return 'it is not an executable of this system';
    case 'EAGAIN':
    case 'ENOMEM':
      return 'the machine has no room for another process; end one or try again later';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open; try again later';
    case 'ERR_INVALID_ARG_VALUE':
      return 'an argument, a variable or the working directory holds a NUL character';
    default:
      return code ?? 'for a reason the system does not give';
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
