import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Command } from '../command.ts';

/**
 * The path to start a program by when no one can set its `argv[0]`. One file can be many programs (BusyBox), which
 * look at how they were called: where a link of that name lies beside the file, it is the link.
 */
export function pathToStart({ file, name }: Pick<Command, 'file' | 'name'>): string {
  if (name === undefined || basename(name) === basename(file)) return file;
  const link = join(dirname(file), basename(name));
  try {
    return realpathSync(link) === file ? link : file;
  } catch {
    return file;
  }
}
