import { type SafeRootOptions, type SafeRoots } from '@toolyard/core/process';
/** The settings that say which directories clients work in. */
export interface WorkspaceConfig {
  /** `NAME=DIR` or `DIR`, absolute. */
  readonly root: readonly string[];
  /** Likewise. */
  readonly readOnlyRoot: readonly string[];
  readonly data: string;
}
/**
 * The directories clients work in. The first one is where paths without a name start; without a name of its own it is
 * called `workspace`, others after their directory. When none is configured: `workspace` in the data directory.
 */
export declare function workspacesOf(config: WorkspaceConfig): SafeRootOptions[];
/** The same settings with the names that were left out, and with the default. */
export declare function namedWorkspaces(config: WorkspaceConfig): {
  root: string[];
  readOnlyRoot: string[];
};
/** Opens the configured directories, and makes the one that is the default. */
export declare function openWorkspaces(config: WorkspaceConfig): Promise<SafeRoots>;
//# sourceMappingURL=workspaces.d.ts.map
