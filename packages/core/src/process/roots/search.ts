import { open } from 'node:fs/promises';
import { findEntry, type Entry } from './entry.ts';
import { systemCode } from './file-errors.ts';
import { compileGlobs } from './glob.ts';
import { openListed, UNWALKED } from './list.ts';
import { collectMatches, type FileMatch, type MatchCollector } from './match-collector.ts';
import { READ_FLAGS } from './platform.ts';
import { compileQuery, type SearchQuery } from './search-query.ts';
import { isBinary } from './text.ts';
import { assertReadable, type Tree } from './tree.ts';
import { walk } from './walk.ts';

/** Where to search, and how much to return. */
export interface SearchFilesOptions {
  /** A directory, or one file. Default: the first root, or `cwd`. */
  readonly path?: string | undefined;
  /** What a relative path is relative to. Default: the first root. */
  readonly cwd?: string | undefined;
  /** Only files that fit one of these globs: `*.ts`, `src/**`. */
  readonly include?: readonly string[] | undefined;
  /** Not files or directories that fit one of these. Default: `.git` and `node_modules`. */
  readonly exclude?: readonly string[] | undefined;
  /** Lines to show before and after each match, up to 20. Default: 0. */
  readonly contextLines?: number | undefined;
  /** Default and most: the limit of the roots. */
  readonly maxMatches?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a search found. */
export interface SearchResult {
  /** By path and line. */
  readonly matches: readonly FileMatch[];
  readonly filesSearched: number;
  /** Files passed over because they are binary, too large, protected, or cannot be read. */
  readonly filesSkipped: number;
  /** Why there may be more; absent when everything was searched. */
  readonly stoppedBy?: 'matches' | 'bytes' | 'time' | 'names';
}

/** Searches the lines of text files below a directory, or of one file. Links below it are not followed. */
export async function searchFiles(
  tree: Tree,
  query: SearchQuery,
  options: SearchFilesOptions,
): Promise<SearchResult> {
  const { path = '.', cwd, include, exclude = UNWALKED, contextLines = 0, signal } = options;
  const { limits, clock } = tree;
  const collector = collectMatches({
    query: compileQuery(query),
    contextLines: Math.min(contextLines, MAX_CONTEXT),
    maxMatches: Math.min(options.maxMatches ?? limits.maxMatches, limits.maxMatches),
    maxBytes: limits.maxReadBytes,
    timeoutMs: limits.searchTimeoutMs,
    clock,
    signal,
  });
  const counts = { filesSearched: 0, filesSkipped: 0 };
  const scan = async (entry: Named): Promise<void> => {
    const text = await readText(tree, entry);
    if (text === undefined) counts.filesSkipped++;
    else {
      counts.filesSearched++;
      await collector.scan(tree.places.show(entry.realPath), text);
    }
  };

  const file = await findFile(tree, path, cwd);
  if (file) {
    try {
      await scan(file);
    } finally {
      await file.parent.close();
    }
    return resultOf(collector, counts);
  }

  const isIncluded = include ? compileGlobs(include) : () => true;
  const budget = { names: limits.maxVisited };
  const how = { depth: limits.maxDepth, isExcluded: compileGlobs(exclude), budget, signal };
  const directory = await openListed(tree, path, cwd);
  try {
    for await (const found of walk(tree, directory, how)) {
      if (found.type !== 'file' || !isIncluded(found.path)) continue;
      const { parent, name } = found;
      await scan({ parent, name, realPath: parent.realChild(name) });
      if (collector.stoppedBy()) break;
    }
  } finally {
    await directory.close();
  }
  return resultOf(collector, counts, budget.names <= 0);
}

type Named = Pick<Entry, 'parent' | 'name' | 'realPath'>;

const MAX_CONTEXT = 20;

/** The file a path leads to, or nothing when that is no file. */
async function findFile(tree: Tree, path: string, cwd: string | undefined): Promise<Entry | undefined> {
  const absolute = tree.places.resolve(path, cwd);
  assertReadable(tree, absolute);
  const entry = await findEntry(tree, path, absolute);
  try {
    assertReadable(tree, entry.realPath);
    if (entry.stats?.isFile()) return entry;
    await entry.parent.close();
  } catch (error) {
    await entry.parent.close();
    throw error;
  }
}

/** The text of a file, or nothing when it is not one to search: what cannot be read does not end a search. */
async function readText(tree: Tree, { parent, name, realPath }: Named): Promise<string | undefined> {
  if (!tree.protection.isReadable(tree.places.below(realPath))) return undefined;
  try {
    const file = await open(parent.child(name), READ_FLAGS);
    try {
      await parent.confirmFile(name, file);
      const stats = await file.stat();
      if (!stats.isFile() || stats.size > tree.limits.maxSearchedFileBytes) return undefined;
      // One byte more than there is, so that one call also sees the end.
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(stats.size + 1), 0, stats.size + 1, 0);
      const bytes = buffer.subarray(0, bytesRead);
      return isBinary(bytes) ? undefined : bytes.toString('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

function resultOf(
  collector: MatchCollector,
  counts: Pick<SearchResult, 'filesSearched' | 'filesSkipped'>,
  ranOut = false,
): SearchResult {
  const stoppedBy = collector.stoppedBy() ?? (ranOut ? 'names' : undefined);
  return { matches: collector.matches, ...counts, ...(stoppedBy && { stoppedBy }) };
}
