import { type Tool } from '@toolyard/core';
import type { SafeRoots } from '@toolyard/core/process';
/** `edit_file`: exact replacements in a text file. */
export declare function editFileTool(roots: SafeRoots): Tool;
//# sourceMappingURL=edit-file.d.ts.map
