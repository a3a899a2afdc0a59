import { type Tool } from '@toolyard/core';
import type { SafeRoots } from '@toolyard/core/process';
/** `move_file`: another name or place for a file or directory. */
export declare function moveFileTool(roots: SafeRoots): Tool;
//# sourceMappingURL=move-file.d.ts.map
