import type { Origin } from './config-error.ts';
import type { Field } from './fields.ts';
/** What stands in place of a secret. */
export declare const REDACTED = '[redacted]';
/** What `--help` prints, made from the schema. */
export declare function helpText(
  {
    name,
    description,
  }: {
    readonly name: string;
    readonly description: string;
  },
  fields: readonly Field[],
  prefix: string,
): string;
/** What `--check-config` prints: JSON with the value and origin of every setting, secrets redacted. */
export declare function configText(
  config: Readonly<Record<string, unknown>>,
  fields: readonly Field[],
  origins: ReadonlyMap<string, Origin>,
): string;
//# sourceMappingURL=print-config.d.ts.map
