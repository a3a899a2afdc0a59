import type { Origin } from './config-error.ts';
import type { Field } from './fields.ts';

/** What stands in place of a secret. */
export const REDACTED = '[redacted]';

/** What `--help` prints, made from the schema. */
export function helpText(
  { name, description }: { readonly name: string; readonly description: string },
  fields: readonly Field[],
  prefix: string,
): string {
  const own = [
    ['--config FILE', `A JSON file with any of these settings, in camelCase. [${prefix}_CONFIG]`],
    ['--check-config', 'Checks the configuration, prints it with its origins and without secrets, and ends.'],
    ['-h, --help', 'Prints this.'],
  ] as const;
  const settings = fields.map((field) => [flagText(field), settingText(field)] as const);
  return [
    `${name}: ${description}`,
    '',
    'A setting is read from its flag, else from its [ENVIRONMENT VARIABLE], else from the --config file.',
    '',
    ...[...settings, ...own].flatMap(([flag, text]) => [`  ${flag}`, `      ${text}`]),
    '',
  ].join('\n');
}

/** What `--check-config` prints: JSON with the value and origin of every setting, secrets redacted. */
export function configText(
  config: Readonly<Record<string, unknown>>,
  fields: readonly Field[],
  origins: ReadonlyMap<string, Origin>,
): string {
  const entries = fields.map((field) => {
    const value = field.info.secret === true ? redact(config[field.key]) : withoutPassword(config[field.key]);
    return [field.key, { value: value ?? null, from: origins.get(field.key)?.name ?? 'default' }];
  });
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}

function flagText({ flag, kind, info }: Field): string {
  if (kind === 'boolean') return flag;
  const placeholder = info.placeholder ?? (kind === 'pairs' ? 'NAME=VALUE,…' : kind.toUpperCase());
  return kind === 'list' ? `${flag} ${placeholder} (may be repeated)` : `${flag} ${placeholder}`;
}

function settingText({ info, allowed, env, kind, defaultValue }: Field): string {
  const parts = [info.description];
  if (kind !== 'boolean') parts.push(`Allowed: ${allowed}.`);
  const text = defaultText(defaultValue);
  if (text !== '' && info.secret !== true) parts.push(`Default: ${text}.`);
  parts.push(`[${env.join(', ')}]`);
  return parts.join(' ');
}

function defaultText(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

// The number of keys and the names of headers help to check a configuration and give nothing away.
function redact(value: unknown): unknown {
  if (value === undefined || value === null) return value;
  if (Array.isArray(value)) return value.map(() => REDACTED);
  if (typeof value === 'object')
    return Object.fromEntries(Object.keys(value).map((name) => [name, REDACTED]));
  return REDACTED;
}

function withoutPassword(value: unknown): unknown {
  if (typeof value !== 'string' || !URL.canParse(value)) return value;
  const url = new URL(value);
  if (url.username === '' && url.password === '') return value;
  url.username = '';
  url.password = '';
  return url.href;
}
