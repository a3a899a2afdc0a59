import type { SafeRoots } from '@toolyard/core/process';
import { z } from 'zod';
/** What one result shows. */
export declare const MAX_SHOWN = 16000;
/** How long one call may take; searching ends by itself before. */
export declare const TIMEOUT_MS = 30000;
export declare const READS: {
  readonly readOnlyHint: true;
  readonly openWorldHint: false;
};
export declare const WRITES: {
  readonly readOnlyHint: false;
  readonly destructiveHint: true;
  readonly openWorldHint: false;
};
/** The argument for a path. */
export declare function pathField(
  {
    roots: [first, other],
  }: SafeRoots,
  example?: string,
): z.ZodString;
/** The workspaces, for the description of a tool: `Workspaces: work (default), docs (read-only).` */
export declare function describeWorkspaces({ roots }: SafeRoots): string;
/** The argument for globs. */
export declare function globsField(description: string): z.ZodOptional<z.ZodArray<z.ZodString>>;
export declare const resultPath: z.ZodString;
export declare const hashField: z.ZodString;
export declare const expectedHashField: z.ZodOptional<z.ZodString>;
/** A path in a line of text: one that could pass for something else is quoted. */
export declare function shownPath(path: string): string;
/** `1 file`, `2 files`. */
export declare function countText(count: number, one: string, many: string): string;
//# sourceMappingURL=fields.d.ts.map
