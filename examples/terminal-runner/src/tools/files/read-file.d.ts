import { type Tool } from '@toolyard/core';
import type { SafeRoots } from '@toolyard/core/process';
/** `read_file`: part of a text file, by lines. */
export declare function readFileTool(roots: SafeRoots): Tool;
//# sourceMappingURL=read-file.d.ts.map
