import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import type { ConfigProblem, Origin } from './config-error.ts';
import type { Field } from './fields.ts';
import { readPath, readText, splitList } from './read-text.ts';

/** What one source says: values by key, each with its origin, and what is wrong with the source itself. */
export interface SourceValues {
  readonly values: Map<string, { value: unknown; origin: Origin }>;
  readonly problems: ConfigProblem[];
}

/** What the command line says, with the three flags that belong to no schema. */
export interface FlagValues extends SourceValues {
  readonly help: boolean;
  readonly checkConfig: boolean;
  readonly configFile: string | undefined;
}

/** Reads the command line: `--flag value`, `--flag=value`, `--stdio`, `--no-stdio`; the last use of a flag wins. */
export function readFlags(fields: readonly Field[], args: readonly string[], directory: string): FlagValues {
  const byFlag = new Map(fields.map((field) => [field.flag, field]));
  const values: SourceValues['values'] = new Map();
  const problems: ConfigProblem[] = [];
  const given = new Map<Field, string[]>();
  const own = { help: false, checkConfig: false, configFile: undefined as string | undefined };

  const fail = (name: string, message: string) =>
    problems.push({ key: name, origin: { kind: 'flag', name }, message: `${name}: ${message}` });

  for (const token of tokenize(fields, args)) {
    if (token.kind === 'positional') {
      fail(token.value, `not a flag; flags start with --, see --help`);
      continue;
    }
    if (token.kind !== 'option') continue;
    const name = `--${token.name}`;
    const negated =
      token.name.startsWith('no-') && byFlag.get(`--${token.name.slice(3)}`)?.kind === 'boolean';
    const field = byFlag.get(negated ? `--${token.name.slice(3)}` : name);
    const needsValue = name === '--config' || (field !== undefined && field.kind !== 'boolean');
    // Without this, `--data --stdio` would take "--stdio" for a directory.
    const missing = token.value === undefined || (!token.inlineValue && token.value.startsWith('-'));
    if (needsValue && missing)
      fail(name, `needs a value; allowed: ${field?.allowed ?? 'the path of a JSON file'}`);
    else if (name === '--help' || token.name === 'h') own.help = true;
    else if (name === '--check-config') own.checkConfig = true;
    else if (name === '--config') own.configFile = token.value;
    else if (!field) fail(name, `unknown flag; known: ${[...byFlag.keys()].join(', ')}; see --help`);
    else given.set(field, [...(given.get(field) ?? []), token.value ?? String(!negated)]);
  }
  for (const [field, texts] of given)
    values.set(field.key, {
      value: readText(field, texts, directory),
      origin: { kind: 'flag', name: field.flag },
    });
  return { values, problems, ...own };
}

function tokenize(fields: readonly Field[], args: readonly string[]) {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string; multiple?: boolean }> = {
    help: { type: 'boolean', short: 'h' },
    'check-config': { type: 'boolean' },
    config: { type: 'string' },
  };
  for (const { flag, kind } of fields) {
    options[flag.slice(2)] = { type: kind === 'boolean' ? 'boolean' : 'string', multiple: true };
    if (kind === 'boolean') options[`no-${flag.slice(2)}`] = { type: 'boolean', multiple: true };
  }
  return parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

/**
 * Reads the environment. An empty variable counts as not set. A variable with the prefix that belongs to no setting
 * is a problem, so that a misspelt one does not go unnoticed.
 */
export function readEnvironment(
  fields: readonly Field[],
  environment: Readonly<Record<string, string | undefined>>,
  { prefix, ignored, directory }: { prefix: string; ignored: readonly string[]; directory: string },
): SourceValues {
  const values: SourceValues['values'] = new Map();
  for (const field of fields) {
    const name = field.env.find((candidate) => environment[candidate]);
    const text = name === undefined ? undefined : environment[name];
    if (name === undefined || text === undefined) continue;
    const texts = field.kind === 'list' ? splitList(text) : [text];
    values.set(field.key, {
      value: readText(field, texts, directory),
      origin: { kind: 'environment', name },
    });
  }
  const known = new Set([...fields.flatMap(({ env }) => env), ...ignored]);
  const problems = Object.keys(environment)
    .filter((name) => name.startsWith(`${prefix}_`) && environment[name] && !known.has(name))
    .map((name): ConfigProblem => {
      const message = `${name}: unknown environment variable; known: ${fields.map(({ env }) => env[0]).join(', ')}`;
      return { key: name, origin: { kind: 'environment', name }, message };
    });
  return { values, problems };
}

/** Reads a JSON file whose keys are those of the schema. */
export function readFile(fields: readonly Field[], file: string): SourceValues {
  const origin: Origin = { kind: 'file', name: file };
  const values: SourceValues['values'] = new Map();
  const problems: ConfigProblem[] = [];
  const content = readJsonObject(file);
  if (typeof content === 'string')
    return { values, problems: [{ key: '--config', origin, message: `--config ${file}: ${content}` }] };

  const byKey = new Map(fields.map((field) => [field.key, field]));
  for (const [key, value] of Object.entries(content)) {
    const field = byKey.get(key);
    if (field) values.set(key, { value: readPath(field, value, dirname(file)), origin });
    else {
      const message = `${key} (from ${file}): unknown key; known: ${[...byKey.keys()].join(', ')}`;
      problems.push({ key, origin, message });
    }
  }
  return { values, problems };
}

// A string is what is wrong with the file. Neither it nor a parser's message may quote the content: it can hold secrets.
function readJsonObject(file: string): object | string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return `cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'})`;
  }
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content;
  } catch {
    return 'is not valid JSON';
  }
  return 'does not hold a JSON object';
}
