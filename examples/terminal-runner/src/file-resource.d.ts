import { type Resource } from '@toolyard/core';
import type { SafeRoots } from '@toolyard/core/process';
/**
 * `workspace://{root}/{path}`: the text files of the workspaces as resources. Lists those at the top of each; reads
 * all, as far as one read goes.
 */
export declare function fileResource(roots: SafeRoots): Resource;
//# sourceMappingURL=file-resource.d.ts.map
