import { Ajv2020 } from 'ajv/dist/2020.js';
import { jsonSchema, type JsonObject } from '@toolyard/core';
import { z } from 'zod';

/** Whether a value fits. Where it does not, every place that is wrong has been written down. */
export type Check = (value: unknown) => boolean;

/** One way of checking values against the same schema. */
export interface Validator {
  id: string;
  compile: (schema: () => z.ZodObject) => Check;
}

/** What core calls for each `tools/call`; the others are a multiple of it. */
export const standard: Validator = {
  id: "zod '~standard'",
  compile: (schema) => checkOf(schema()),
};

export const validators: readonly Validator[] = [
  standard,
  {
    id: 'zod safeParse',
    compile(schema) {
      const compiled = schema();
      return (value) => {
        const { success, error } = compiled.safeParse(value);
        return success || error.issues.length === 0; // zod finds the issues when asked for them
      };
    },
  },
  { id: 'zod jitless', compile: (schema) => checkOf(withoutCodeGeneration(schema)) },
  { id: 'z.compile', compile: (schema) => checkOf(z.compile(schema())) },
  { id: 'jsonSchema()', compile: (schema) => checkOf(jsonSchema(toJson(schema))) },
  {
    id: 'ajv',
    compile: (schema) => new Ajv2020({ allErrors: true, strict: false }).compile(toJson(schema)),
  },
];

type Standard = Pick<z.ZodType, '~standard'> | ReturnType<typeof jsonSchema>;

function checkOf({ '~standard': { validate } }: Standard): Check {
  return (value) => {
    const result = validate(value);
    if (result instanceof Promise) throw new Error('The check was not made at once.');
    return result.issues === undefined;
  };
}

/** As where `eval` is forbidden. zod reads the setting when a schema is made. */
function withoutCodeGeneration<T>(make: () => T): T {
  z.config({ jitless: true });
  try {
    return make();
  } finally {
    z.config({ jitless: false });
  }
}

function toJson(schema: () => z.ZodObject): JsonObject {
  return z.toJSONSchema(schema(), { io: 'input', target: 'draft-2020-12' });
}
