import { ToolError } from '../../errors.ts';
import { applyEdits, type TextEdit } from './apply-edits.ts';
import { findOwnEntry, openEntry } from './entry.ts';
import { fileError } from './file-errors.ts';
import { isBinary } from './text.ts';
import type { Tree } from './tree.ts';
import { unifiedDiff } from './unified-diff.ts';
import { assertSize, hashMismatch, hashOf, replaceFile } from './write.ts';

/** How `edit` changes a file. */
export interface EditFileOptions {
  /** What a relative path is relative to. Default: the first root. */
  readonly cwd?: string | undefined;
  /** Only change the file whose content has this hash, as `read` gave it. */
  readonly expectedHash?: string | undefined;
  /** Only tell what would change. Default: false. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What `edit` did. */
export interface EditedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA-256 of the new content, in hexadecimal. */
  readonly hash: string;
  readonly previousHash: string;
  /** How many places were replaced. */
  readonly replacements: number;
  /** What changed, as a unified diff; empty when nothing did, shortened when it is long. */
  readonly diff: string;
}

/** Replaces exact pieces of a text file, all of them or none. */
export async function editFile(
  tree: Tree,
  path: string,
  edits: readonly TextEdit[],
  { cwd, expectedHash, dryRun = false, signal }: EditFileOptions,
): Promise<EditedFile> {
  const entry = await findOwnEntry(tree, path, tree.places.resolve(path, cwd));
  try {
    return await tree.changes.run(entry.realPath, async () => {
      signal?.throwIfAborted();
      const file = await openEntry(entry, path);
      try {
        const previous = await file.stat({ bigint: true });
        assertSize(tree, path, Number(previous.size));
        const bytes = await file.readFile();
        const previousHash = hashOf(bytes);
        if (expectedHash !== undefined && expectedHash.toLowerCase() !== previousHash)
          throw hashMismatch(path, previousHash);
        const before = decode(path, bytes);
        const shown = tree.places.show(entry.realPath);
        const { text, replacements } = applyEdits(shown, before, edits, tree.limits.maxWriteBytes);
        const after = Buffer.from(text);
        assertSize(tree, path, after.length);
        const written =
          dryRun || text === before
            ? { path: shown, sizeBytes: after.length, hash: hashOf(after) }
            : await replaceFile(tree, entry, after, { path, previous, signal });
        const { sizeBytes, hash } = written;
        const diff = unifiedDiff(shown, before, text);
        return { path: shown, sizeBytes, hash, previousHash, replacements, diff };
      } finally {
        await file.close();
      }
    });
  } finally {
    await entry.parent.close();
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(path: string, bytes: Uint8Array): string {
  if (isBinary(bytes)) throw fileError('FILE_IS_BINARY', path, 'is not a text file and cannot be edited');
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new ToolError(
      'FILE_IS_BINARY',
      `${JSON.stringify(path)} is not UTF-8 text; an edit would change bytes nobody asked to change.`,
      { cause: error },
    );
  }
}
