import { type Tool } from '@toolyard/core';
import type { SafeRoots } from '@toolyard/core/process';
/** `write_file`: a whole text file. */
export declare function writeFileTool(roots: SafeRoots): Tool;
//# sourceMappingURL=write-file.d.ts.map
