import type { z } from 'zod';
import { type Origin } from './config-error.ts';
/** A program that is configured by flags, environment and file. */
export interface ConfigurableProgram<Schema extends z.ZodObject> {
  readonly name: string;
  /** One sentence for `--help`. */
  readonly description: string;
  /** One object, each key described with `setting`. */
  readonly schema: Schema;
  /** Fills in what depends on other settings, once they are known to be valid. */
  readonly complete?: (config: z.output<Schema>) => z.output<Schema>;
  /** Default: `TOOLYARD`, so that `publicUrl` is `TOOLYARD_PUBLIC_URL`. */
  readonly envPrefix?: string;
  /** Variables with the prefix that belong to something else and are not reported as unknown. */
  readonly ignoredEnv?: readonly string[];
}
/** What `loadConfig` reads from. */
export interface ConfigInput {
  /** Without the interpreter and the script. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}
/** Start with `config`, or print `text` to stdout and end well (`--help`, `--check-config`). */
export type LoadedConfig<Config> =
  | {
      readonly action: 'start';
      readonly config: Config;
      readonly origins: ReadonlyMap<string, Origin>;
    }
  | {
      readonly action: 'print';
      readonly text: string;
    };
/**
 * Reads the configuration of a program: flags over environment over the `--config` file over defaults. A setting is
 * taken whole from the first source that has it; lists are not joined.
 *
 * @throws {ConfigError} listing every wrong value and unknown key.
 */
export declare function loadConfig<Schema extends z.ZodObject>(
  program: ConfigurableProgram<Schema>,
  input: ConfigInput,
): LoadedConfig<z.output<Schema>>;
/** What this process was started with. A copy: what is removed from `process.env` later is still there for a reload. */
export declare function readProcessInput(): ConfigInput;
/**
 * The configuration of this process. Ends the process with 0 after `--help` and `--check-config`, which are the only
 * ones to write to stdout, and with 2 when the configuration is wrong.
 */
export declare function configOrExit<Schema extends z.ZodObject>(
  program: ConfigurableProgram<Schema>,
  input?: ConfigInput,
): z.output<Schema>;
//# sourceMappingURL=load-config.d.ts.map
