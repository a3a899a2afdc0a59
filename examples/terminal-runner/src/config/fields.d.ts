import { z } from 'zod';
import { type SettingInfo } from './setting.ts';
/** How a setting is written as text: `pairs` is `name=value,name=value`. */
type FieldKind = 'text' | 'number' | 'boolean' | 'list' | 'pairs';
/** One setting, as the flags, the environment, the file and the help see it. */
export interface Field {
  /** The key in the schema and in the `--config` file. */
  readonly key: string;
  /** With its dashes: `--public-url`. */
  readonly flag: string;
  /** Environment variables, in the order they are asked. */
  readonly env: readonly [string, ...string[]];
  readonly kind: FieldKind;
  /** What may be given, in words. */
  readonly allowed: string;
  readonly defaultValue: unknown;
  readonly info: SettingInfo;
}
/** The settings of a schema, in its order. Throws when a key was not described with `setting`. */
export declare function describeFields(schema: z.ZodObject, envPrefix: string): Field[];
export {};
//# sourceMappingURL=fields.d.ts.map
