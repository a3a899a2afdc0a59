import { createHash } from 'node:crypto';
import { ToolError, isToolError } from '../../errors.ts';
import type { SafeRoots } from '../roots/safe-roots.ts';
import type { Answers, ListedName, Question } from './messages.ts';
import { mountedPath } from './paths.ts';

/** What the roots refused a run. The tools of a shell often show another reason for it. */
export interface VirtualRefusal {
  readonly path: string;
  /** Of the `ToolError`: `PROTECTED_NAME`, `PATH_OUTSIDE_ROOT`, … */
  readonly code: string;
  readonly message: string;
}

/** How one run may use the roots. */
export interface RootUse {
  readonly keepsChanges: boolean;
  readonly maxFileBytes: number;
  readonly maxEntries: number;
  readonly signal: AbortSignal;
}

/**
 * Answers what a run wants to know of the roots.
 *
 * @throws {ToolError} as the roots do.
 */
export async function answer<About extends Question['about']>(
  roots: SafeRoots,
  { about, path }: Question & { readonly about: About },
  use: RootUse,
): Promise<Answers[About]> {
  const answers: { [Each in Question['about']]: () => Promise<Answers[Each]> } = {
    list: () => namesIn(roots, path, use),
    read: () => contentOf(roots, path, use),
    link: () => targetOf(roots, path, use),
    change: () => mayChange(roots, path, use),
  };
  return answers[about]();
}

/** Whether a refusal is one to tell of: that something is not there is no news. */
export function refusalOf(error: unknown, path: string): VirtualRefusal | undefined {
  if (!isToolError(error) || error.code === 'PATH_NOT_FOUND' || error.code === 'NOT_A_DIRECTORY')
    return undefined;
  return { path, code: error.code, message: error.message };
}

async function namesIn(roots: SafeRoots, path: string, use: RootUse): Promise<ListedName[]> {
  const names: ListedName[] = [];
  let after: string | undefined;
  do {
    // oxlint-disable-next-line no-await-in-loop -- each page follows the one before
    const page = await roots.list(path, { after, signal: use.signal });
    for (const { name, type, sizeBytes, modifiedAt } of page.entries)
      names.push({ name, type, sizeBytes, modifiedAt });
    if (names.length > use.maxEntries || (page.truncated && page.nextAfter === undefined))
      throw new ToolError('TOO_MANY_ENTRIES', `${JSON.stringify(path)} has too many names for one run.`);
    after = page.nextAfter;
  } while (after !== undefined);
  return names;
}

async function contentOf(roots: SafeRoots, path: string, use: RootUse): Promise<Answers['read']> {
  await using file = await roots.openRead(path, { signal: use.signal });
  assertSize(path, file.sizeBytes, use);
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of file.stream() as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    // It may have grown since.
    assertSize(path, size, use);
  }
  const bytes = Buffer.concat(parts);
  return { bytes, hash: createHash('sha256').update(bytes).digest('hex') };
}

function assertSize(path: string, size: number, { maxFileBytes }: RootUse): void {
  if (size > maxFileBytes)
    throw new ToolError(
      'FILE_TOO_LARGE',
      `${JSON.stringify(path)} has ${size} bytes; a virtual run reads at most ${maxFileBytes}.`,
    );
}

async function targetOf(roots: SafeRoots, path: string, { signal }: RootUse): Promise<string | undefined> {
  const { target } = await roots.info(path, { signal });
  if (target === undefined)
    throw new ToolError(
      'PATH_OUTSIDE_ROOT',
      `${JSON.stringify(path)} leads out of the roots, through a link.`,
    );
  const located = await roots.locate(target);
  const root = roots.roots.find(({ name }) => name === located.root);
  return root && mountedPath(root, located.absolutePath);
}

/** Where nothing reaches the disk, a root that is read-only there may be changed. Protected names stay protected. */
async function mayChange(roots: SafeRoots, path: string, { keepsChanges }: RootUse): Promise<true> {
  try {
    await roots.checkOperand(path, { access: 'write' });
  } catch (error) {
    const { code } = error as ToolError;
    // Saving replaces the name and leaves the other names of the file alone.
    if (code === 'HARD_LINK') return true;
    if (code !== 'ROOT_READ_ONLY' || keepsChanges) throw error;
    await roots.checkOperand(path, { access: 'read' });
  }
  return true;
}
