import type { StandardSchemaV1 } from '@standard-schema/spec';

import type { Awaitable } from '../awaitable.ts';
import type { Schema } from './schema.ts';

type Result = StandardSchemaV1.Result<unknown>;

/**
 * The check of a schema for large values: it stops at the first thing wrong where the library can, and costs no more
 * than a value that fits. With other libraries it is the usual check.
 */
export function briefCheckOf(schema: Schema): (value: unknown) => Awaitable<Result> {
  if (isZod(schema)) return zodCheck(schema);
  const standard = schema['~standard'];
  return (value) => standard.validate(value, { libraryOptions: { stopEarly: true } });
}

/** The last issue of a check that stopped early. */
export const NOT_ALL_CHECKED: StandardSchemaV1.Issue = {
  message: 'the rest of so large a value was not checked',
};

/** What zod's schemas have beside the standard, which knows no way to stop early. */
interface ZodSchema {
  safeParse: (value: unknown, options: StopEarly) => ZodResult;
  safeParseAsync: (value: unknown, options: StopEarly) => Promise<ZodResult>;
}
type ZodResult =
  { success: true; data: unknown } | { success: false; error: { issues: StandardSchemaV1.Issue[] } };
type StopEarly = typeof STOP_EARLY;

// zod's own `validate` sets this, and `safeParse` takes it though its types do not say so. A zod without it would find
// everything, as it does in a small value.
const STOP_EARLY = { abortEarly: true };

function isZod(schema: Schema): schema is Schema & ZodSchema {
  return schema['~standard'].vendor === 'zod' && 'safeParse' in schema && 'safeParseAsync' in schema;
}

function zodCheck(schema: ZodSchema): (value: unknown) => Awaitable<Result> {
  return (value) => {
    try {
      return toResult(schema.safeParse(value, STOP_EARLY));
    } catch {
      // It throws where a refinement is asynchronous; what a refinement threw, it throws again as a rejection.
      return schema.safeParseAsync(value, STOP_EARLY).then(toResult);
    }
  };
}

function toResult(result: ZodResult): Result {
  return result.success ? { value: result.data } : { issues: [...result.error.issues, NOT_ALL_CHECKED] };
}
