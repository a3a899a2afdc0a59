import type { ErrorContract } from '@toolyard/core';
import { z } from 'zod';
/** Just below the minute after which many clients give up. */
export declare const DEFAULT_RUN_MS = 50000;
/** Above all limits of a run: asking, checks before the start, and the end of a stubborn program. */
export declare const RUN_TOOL_TIMEOUT_MS: number;
/** What a command can be refused with. */
export declare const COMMAND_ERRORS: readonly ErrorContract[];
/** What a tool for one process can be refused with. */
export declare const PROCESS_ERRORS: readonly ErrorContract[];
/** Arguments that several tools take. */
export declare const fields: {
  readonly args: z.ZodDefault<z.ZodArray<z.ZodString>>;
  readonly cwd: z.ZodOptional<z.ZodString>;
  readonly env: z.ZodOptional<z.ZodRecord<z.ZodString, z.ZodString>>;
  readonly stdin: z.ZodOptional<z.ZodString>;
  readonly timeoutMs: z.ZodDefault<z.ZodNumber>;
  readonly id: z.ZodString;
};
/** For the description of a field that takes a program. */
export declare function programField(programs: readonly string[]): z.ZodString;
//# sourceMappingURL=fields.d.ts.map
