import type { ConfigProblem, Origin } from './config-error.ts';
import type { Field } from './fields.ts';
/** What one source says: values by key, each with its origin, and what is wrong with the source itself. */
export interface SourceValues {
  readonly values: Map<
    string,
    {
      value: unknown;
      origin: Origin;
    }
  >;
  readonly problems: ConfigProblem[];
}
/** What the command line says, with the three flags that belong to no schema. */
export interface FlagValues extends SourceValues {
  readonly help: boolean;
  readonly checkConfig: boolean;
  readonly configFile: string | undefined;
}
/** Reads the command line: `--flag value`, `--flag=value`, `--stdio`, `--no-stdio`; the last use of a flag wins. */
export declare function readFlags(
  fields: readonly Field[],
  args: readonly string[],
  directory: string,
): FlagValues;
/**
 * Reads the environment. An empty variable counts as not set. A variable with the prefix that belongs to no setting
 * is a problem, so that a misspelt one does not go unnoticed.
 */
export declare function readEnvironment(
  fields: readonly Field[],
  environment: Readonly<Record<string, string | undefined>>,
  {
    prefix,
    ignored,
    directory,
  }: {
    prefix: string;
    ignored: readonly string[];
    directory: string;
  },
): SourceValues;
/** Reads a JSON file whose keys are those of the schema. */
export declare function readFile(fields: readonly Field[], file: string): SourceValues;
//# sourceMappingURL=sources.d.ts.map
