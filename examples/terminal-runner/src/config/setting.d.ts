import { z } from 'zod';
/** What the flags, the help and the messages need to know about one setting besides its schema. */
export interface SettingInfo {
  /** One sentence for `--help`. */
  readonly description: string;
  /** Stands for the value in `--help`: `DIR`, `URL`. Default: the kind of the value. */
  readonly placeholder?: string;
  /** Never printed: not by `--check-config`, not in messages. */
  readonly secret?: boolean;
  /**
   * A path, or a list of them: a relative one is resolved where it was written (the caller's directory, or the file's),
   * and `~/` is the home directory. `named` ones may have a name in front: `notes=/home/me/notes`.
   */
  readonly path?: boolean | 'named';
  /** Environment variables of other conventions that are read too, after the example's own. */
  readonly env?: readonly string[];
  /** Says what is allowed, where the schema alone says it badly. */
  readonly allowed?: string;
}
/**
 * Describes one key of a configuration schema. Call it last, around `.default()` and `.optional()`.
 *
 * @example
 * ```ts
 * const schema = z.object({
 *   port: setting(z.int().min(0).max(65_535).default(9001), { description: 'Port to listen on.' }),
 * });
 * ```
 */
export declare function setting<Schema extends z.ZodType>(schema: Schema, info: SettingInfo): Schema;
/** What `setting` recorded for a schema. */
export declare function settingInfo(schema: z.core.$ZodType): SettingInfo | undefined;
//# sourceMappingURL=setting.d.ts.map
