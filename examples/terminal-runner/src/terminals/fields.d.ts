import { z } from 'zod';
/** The fields that tools for terminals have in common. */
export declare const idField: z.ZodString;
export declare const columnsField: z.ZodNumber;
export declare const rowsField: z.ZodNumber;
export declare const patternField: z.ZodString;
/** The longest a tool may be asked to wait. */
export declare const MAX_WAIT_MS = 60000;
export declare const waitField: z.ZodNumber;
//# sourceMappingURL=fields.d.ts.map
