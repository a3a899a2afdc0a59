import { type WorkspaceConfig } from './workspaces.ts';
/** What is wrong with one of the settings. */
export interface WorkspaceProblem {
  readonly key: 'root' | 'readOnlyRoot';
  readonly message: string;
}
/** What `--root` and `--read-only-root` take, in words. */
export declare const WORKSPACE_ALLOWED =
  'NAME=DIR or DIR, an existing directory; a name has 2 to 32 letters, digits, "_" or "-"';
/** Everything that is wrong with the configured directories. The default one is made, so nothing can be. */
export declare function workspaceProblems(config: WorkspaceConfig): WorkspaceProblem[];
//# sourceMappingURL=workspace-problems.d.ts.map
