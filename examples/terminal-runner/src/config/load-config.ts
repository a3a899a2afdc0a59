import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { ConfigError, type ConfigProblem, type Origin } from './config-error.ts';
import { describeFields, type Field } from './fields.ts';
import { configText, helpText } from './print-config.ts';
import { readEnvironment, readFile, readFlags } from './sources.ts';

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
  | { readonly action: 'start'; readonly config: Config; readonly origins: ReadonlyMap<string, Origin> }
  | { readonly action: 'print'; readonly text: string };

// The repository's own test switches.
const IGNORED = ['TOOLYARD_REDIS_URL', 'TOOLYARD_POSTGRES_URL', 'TOOLYARD_PROOF'];

/**
 * Reads the configuration of a program: flags over environment over the `--config` file over defaults. A setting is
 * taken whole from the first source that has it; lists are not joined.
 *
 * @throws {ConfigError} listing every wrong value and unknown key.
 */
export function loadConfig<Schema extends z.ZodObject>(
  program: ConfigurableProgram<Schema>,
  input: ConfigInput,
): LoadedConfig<z.output<Schema>> {
  const prefix = program.envPrefix ?? 'TOOLYARD';
  const fields = describeFields(program.schema, prefix);
  const directory = callerDirectory(input);
  const flags = readFlags(fields, input.args, directory);
  if (flags.help) return { action: 'print', text: helpText(program, fields, prefix) };

  const fileVariable = `${prefix}_CONFIG`;
  const ignored = [...IGNORED, ...(program.ignoredEnv ?? []), fileVariable];
  const environment = readEnvironment(fields, input.env, { prefix, ignored, directory });
  const file = flags.configFile ?? (input.env[fileVariable] || undefined);
  const sources = [environment, flags];
  if (file !== undefined) sources.unshift(readFile(fields, resolve(directory, file)));

  const values = new Map(sources.flatMap((source) => [...source.values]));
  const parsed = program.schema.safeParse(
    Object.fromEntries([...values].map(([key, { value }]) => [key, value])),
  );
  const problems = sources.flatMap((source) => source.problems);
  for (const issue of parsed.error?.issues ?? []) problems.push(describeIssue(issue, fields, values));
  if (!parsed.success || problems.length > 0) throw new ConfigError(program.name, problems);

  const config = program.complete ? program.complete(parsed.data) : parsed.data;
  const origins = new Map([...values].map(([key, { origin }]) => [key, origin]));
  if (flags.checkConfig) return { action: 'print', text: configText(config, fields, origins) };
  return { action: 'start', config, origins };
}

/** What this process was started with. A copy: what is removed from `process.env` later is still there for a reload. */
export function readProcessInput(): ConfigInput {
  return { args: process.argv.slice(2), env: { ...process.env }, cwd: process.cwd() };
}

/**
 * The configuration of this process. Ends the process with 0 after `--help` and `--check-config`, which are the only
 * ones to write to stdout, and with 2 when the configuration is wrong.
 */
export function configOrExit<Schema extends z.ZodObject>(
  program: ConfigurableProgram<Schema>,
  input: ConfigInput = readProcessInput(),
): z.output<Schema> {
  try {
    const loaded = loadConfig(program, input);
    if (loaded.action === 'start') return loaded.config;
    process.stdout.write(loaded.text);
    return process.exit(0);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(error.exitCode);
  }
}

// `npm start -w` runs in the package's directory and keeps the caller's in INIT_CWD. A program that npm's script
// starts elsewhere inherits the variable too, so it only counts in the directory of the script's own package.json.
function callerDirectory({ env, cwd }: ConfigInput): string {
  const { INIT_CWD: caller, npm_package_json: manifest } = env;
  return caller && manifest && dirname(manifest) === cwd ? caller : cwd;
}

function describeIssue(
  issue: z.core.$ZodIssue,
  fields: readonly Field[],
  values: ReadonlyMap<string, { value: unknown; origin: Origin }>,
): ConfigProblem {
  const [key, ...rest] = issue.path;
  const field = fields.find((candidate) => candidate.key === key);
  const given = field && values.get(field.key);
  const origin: Origin = given?.origin ?? { kind: 'default', name: 'default' };
  if (!field) return { key: String(key ?? ''), origin, message: issue.message };
  const from = `${field.key} (${given ? `from ${origin.name}` : 'not given'})`;
  if (issue.code === 'custom') return { key: field.key, origin, message: `${from}: ${issue.message}` };
  const shown = given && field.info.secret !== true ? `${JSON.stringify(at(given.value, rest))} is` : 'is';
  const problem = given
    ? `${shown} not allowed; allowed: ${field.allowed}`
    : `is missing; set ${field.flag} or ${field.env[0]} to ${field.allowed}`;
  return { key: field.key, origin, message: `${from}: ${problem}` };
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) break;
    current = Reflect.get(current, step);
  }
  return current;
}
