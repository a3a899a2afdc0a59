import type { Tool } from '@toolyard/core';
import type { SafeRoots } from '@toolyard/core/process';
/** The tools that read files of the workspaces and, where one of these may be changed, write them. */
export declare function fileTools(roots: SafeRoots): Tool[];
//# sourceMappingURL=files.d.ts.map
