import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openSafeRoots, type SafeRootOptions, type SafeRoots } from '@toolyard/core/process';

import { namedPathText, splitNamedPath } from './config/named-path.ts';

/** The settings that say which directories clients work in. */
export interface WorkspaceConfig {
  /** `NAME=DIR` or `DIR`, absolute. */
  readonly root: readonly string[];
  /** Likewise. */
  readonly readOnlyRoot: readonly string[];
  readonly data: string;
}

/** The name of the first directory. */
const FIRST_NAME = 'workspace';

/**
 * The directories clients work in. The first one is where paths without a name start; without a name of its own it is
 * called `workspace`, others after their directory. When none is configured: `workspace` in the data directory.
 */
export function workspacesOf(config: WorkspaceConfig): SafeRootOptions[] {
  const given = [
    ...config.root.map((text) => ({ ...splitNamedPath(text), writable: true })),
    ...config.readOnlyRoot.map((text) => ({ ...splitNamedPath(text), writable: false })),
  ];
  if (given.length === 0) return [{ name: FIRST_NAME, path: defaultPath(config), writable: true }];
  return given.map(({ name, path, writable }, index) => ({
    name: name ?? (index === 0 ? FIRST_NAME : basename(path)),
    path,
    writable,
  }));
}

/** The same settings with the names that were left out, and with the default. */
export function namedWorkspaces(config: WorkspaceConfig): { root: string[]; readOnlyRoot: string[] } {
  const workspaces = workspacesOf(config);
  const texts = (writable: boolean): string[] =>
    workspaces
      .filter((workspace) => workspace.writable === writable)
      .map((workspace) => namedPathText(workspace));
  return { root: texts(true), readOnlyRoot: texts(false) };
}

/** Opens the configured directories, and makes the one that is the default. */
export async function openWorkspaces(config: WorkspaceConfig): Promise<SafeRoots> {
  const workspaces = workspacesOf(config);
  const ownPath = defaultPath(config);
  if (workspaces.some(({ path }) => path === ownPath)) await mkdir(ownPath, { recursive: true, mode: 0o700 });
  return openSafeRoots({ roots: workspaces });
}

function defaultPath({ data }: WorkspaceConfig): string {
  return join(data, 'workspace');
}
