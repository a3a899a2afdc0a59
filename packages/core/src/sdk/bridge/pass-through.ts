import type { JsonObject } from '../../protocol/messages.ts';
import type { Schema } from '../../registry/schema.ts';

/** A schema that is listed as it is and refuses nothing: the host's server checks for itself. */
export function passThrough<T = JsonObject>(schema: JsonObject): Schema<T, T> {
  return {
    '~standard': {
      version: 1,
      vendor: 'toolyard',
      validate: (value) => ({ value: value as T }),
      jsonSchema: { input: () => schema, output: () => schema },
    },
  };
}
