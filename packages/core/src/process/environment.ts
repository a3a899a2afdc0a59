import { InvalidOptionError, ToolError } from '../errors.ts';
import { dangerousVariable } from './environment-dangers.ts';
import { hostPlatform, type Platform } from './platform.ts';

/** What the environment of a program is made of. Nothing of the server's own gets in. */
export interface EnvPolicy {
  /** HOME: a private directory, absolute. */
  readonly home: string;
  /** PATH, as absolute directories. Default: those of the platform. */
  readonly path?: readonly string[];
  /** LANG. Default: `C.UTF-8`. */
  readonly language?: string;
  /** TZ. Default: `UTC`. */
  readonly timeZone?: string;
  /** TERM. Default: `dumb`. */
  readonly terminal?: string;
  /** What every program gets besides, set by you: not checked against any list, and callers cannot replace it. */
  readonly set?: Readonly<Record<string, string>>;
  /**
   * What callers may set: names, or beginnings like `MYAPP_*`. A beginning never covers a variable that makes programs
   * run or load something (`LD_PRELOAD`, `GIT_SSH_COMMAND`, `NODE_OPTIONS`, …): those are named in full, one by one.
   * Default: {@link DEFAULT_ALLOWED_VARIABLES}.
   */
  readonly allow?: readonly string[];
  /** Of one value. Default: 8,192. */
  readonly maxValueBytes?: number;
  /** What callers may set in one run. Default: 64 variables. */
  readonly maxVariables?: number;
  readonly platform?: Platform;
}

/** How programs print, and nothing else. */
export const DEFAULT_ALLOWED_VARIABLES: readonly string[] = [
  'CI',
  'CLICOLOR',
  'CLICOLOR_FORCE',
  'COLUMNS',
  'FORCE_COLOR',
  'LANG',
  'LANGUAGE',
  'LC_*',
  'LINES',
  'NODE_ENV',
  'NO_COLOR',
  'TERM',
  'TZ',
];

/**
 * The whole environment for one run: the fixed part of the policy and what the caller may add to it.
 *
 * @param asked - what the caller wants set.
 * @throws {ToolError} `ENV_NOT_ALLOWED`: names the variable and what would be allowed; nothing is left out silently.
 * @throws {InvalidOptionError} for a policy that cannot work.
 */
export function environmentOf(
  policy: EnvPolicy,
  asked: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { allow = DEFAULT_ALLOWED_VARIABLES, platform = hostPlatform() } = policy;
  const { maxValueBytes = 8_192, maxVariables = 64, set = {} } = policy;
  const keyOf = (name: string) => (platform.ignoresVariableCase ? name.toUpperCase() : name);
  const refuse = (name: string, why: string): never => {
    const shown = JSON.stringify(name.slice(0, 100));
    const allowed = allow.join(', ') || 'none';
    throw new ToolError('ENV_NOT_ALLOWED', `The variable ${shown} ${why}. Allowed here: ${allowed}.`, {
      data: { variable: name.slice(0, 100), allowed: allow },
    });
  };

  const variables = new Map(
    Object.entries({ ...platform.requiredVariables, ...fixedVariables(policy, platform), ...set }).map(
      ([name, value]) => [keyOf(name), [name, value] as const],
    ),
  );
  const fixed = new Set(Object.keys({ ...platform.requiredVariables, ...set }).map(keyOf));
  const seen = new Set<string>();
  const entries = Object.entries(asked);
  if (entries.length > maxVariables)
    refuse(entries[maxVariables]?.[0] ?? '', `is one more than ${maxVariables}`);

  for (const [name, value] of entries) {
    const key = keyOf(name);
    if (!VARIABLE_NAME.test(name)) refuse(name, 'is not a name: letters, digits and _ only');
    if (seen.has(key)) refuse(name, 'is given twice, in different case');
    seen.add(key);
    if (fixed.has(key)) refuse(name, 'is set by this server');
    const rule = ruleFor(name, allow, platform);
    if (rule === undefined) refuse(name, 'is not on the list');
    const danger = dangerousVariable(name);
    if (danger !== undefined && rule !== 'named') refuse(name, `${danger}, and is not named in full`);
    if (typeof value !== 'string' || value.includes('\0')) refuse(name, 'has a value that is no text');
    if (Buffer.byteLength(value) > maxValueBytes) refuse(name, `is longer than ${maxValueBytes} bytes`);
    if (DISPLAY_NAME.test(name) && !DISPLAY_VALUE.test(value))
      refuse(name, 'has a value with characters that such values do not have');
    variables.set(key, [name, value]);
  }
  return Object.fromEntries(variables.values());
}

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

// Locales, time zones and terminals are files that C libraries look up by these values.
const DISPLAY_NAME = /^(?:LANG|LANGUAGE|LC_\w+|TERM|TZ)$/i;
const DISPLAY_VALUE = /^(?![:/])(?!.*\.\.)[\w+@.,:/<>-]{0,100}$/;

function ruleFor(
  name: string,
  allow: readonly string[],
  platform: Platform,
): 'named' | 'covered' | undefined {
  const same = platform.ignoresVariableCase ? name.toUpperCase() : name;
  const rules = platform.ignoresVariableCase ? allow.map((rule) => rule.toUpperCase()) : allow;
  if (rules.includes(same)) return 'named';
  return rules.some((rule) => rule.endsWith('*') && same.startsWith(rule.slice(0, -1)))
    ? 'covered'
    : undefined;
}

function fixedVariables(policy: EnvPolicy, platform: Platform): Record<string, string> {
  const { home, path = platform.programDirectories, language = 'C.UTF-8' } = policy;
  const { timeZone = 'UTC', terminal = 'dumb' } = policy;
  if (!platform.isAbsolute(home)) throw new InvalidOptionError('home', 'must be an absolute path');
  const wrong = path.find(
    (directory) => !platform.isAbsolute(directory) || directory.includes(platform.pathDelimiter),
  );
  // An empty entry of PATH is the working directory.
  if (wrong !== undefined)
    throw new InvalidOptionError('path', `names ${JSON.stringify(wrong)}, which is no absolute directory`);
  const PATH = path.join(platform.pathDelimiter);
  const common = { PATH, HOME: home, LANG: language, TZ: timeZone, TERM: terminal };
  return platform.os === 'windows' ? { ...common, USERPROFILE: home, TEMP: home, TMP: home } : common;
}
