import { type Tool } from '@toolyard/core';
import type { SafeRoots } from '@toolyard/core/process';
/** `list_files`: what is in a directory, or below it. */
export declare function listFilesTool(roots: SafeRoots): Tool;
//# sourceMappingURL=list-files.d.ts.map
