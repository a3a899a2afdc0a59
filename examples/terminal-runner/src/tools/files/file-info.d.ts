import { type Tool } from '@toolyard/core';
import type { SafeRoots } from '@toolyard/core/process';
/** `file_info`: what is known of a path without reading it. */
export declare function fileInfoTool(roots: SafeRoots): Tool;
//# sourceMappingURL=file-info.d.ts.map
