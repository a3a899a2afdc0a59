import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';

import { workspacesOf, type WorkspaceConfig } from './workspaces.ts';

/** What is wrong with one of the settings. */
export interface WorkspaceProblem {
  readonly key: 'root' | 'readOnlyRoot';
  readonly message: string;
}

/** What `--root` and `--read-only-root` take, in words. */
export const WORKSPACE_ALLOWED =
  'NAME=DIR or DIR, an existing directory; a name has 2 to 32 letters, digits, "_" or "-"';

/** Everything that is wrong with the configured directories. The default one is made, so nothing can be. */
export function workspaceProblems(config: WorkspaceConfig): WorkspaceProblem[] {
  const given = [
    ...config.root.map((text) => ({ key: 'root' as const, text })),
    ...config.readOnlyRoot.map((text) => ({ key: 'readOnlyRoot' as const, text })),
  ];
  if (given.length === 0) return [];
  const names = new Set<string>();
  const places = new Set<string>();
  const dataPlace = placeOf(config.data);

  function problemWith({ name, path }: { name: string; path: string }): string | undefined {
    if (!/^[\w-]{2,32}$/.test(name)) return `would be called ${JSON.stringify(name)}`;
    if (names.has(name.toLowerCase())) return `has the name of another one, ${JSON.stringify(name)}`;
    names.add(name.toLowerCase());
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return 'is no existing directory';
    const place = placeOf(path);
    if (places.has(place)) return 'is the same directory as another one';
    places.add(place);
    // Notes of other clients, what programs wrote and the record of all that was run are kept there.
    return isIn(place, dataPlace)
      ? `holds the data directory ${JSON.stringify(config.data)}, which clients must not reach; move that with --data`
      : undefined;
  }

  return workspacesOf(config).flatMap((workspace, index) => {
    const { key, text } = given[index]!;
    const problem = problemWith(workspace);
    const message = `${JSON.stringify(text)} ${problem}; allowed: ${WORKSPACE_ALLOWED}`;
    return problem === undefined ? [] : [{ key, message }];
  });
}

/** Where a path is, links followed as far as it exists. */
function placeOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(placeOf(parent), basename(path));
  }
}

function isIn(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
