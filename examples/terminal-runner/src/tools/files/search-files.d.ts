import { type Tool } from '@toolyard/core';
import type { SafeRoots } from '@toolyard/core/process';
/** `search_files`: lines that hold a text or fit a pattern. */
export declare function searchFilesTool(roots: SafeRoots): Tool;
//# sourceMappingURL=search-files.d.ts.map
