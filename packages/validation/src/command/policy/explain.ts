import type { CompiledRules } from './compile.ts';
import { shapeName } from './values.ts';

const MAX_NAMES = 16;

/** "Allowed: …": the short form that ends a refusal. */
export function describeAllowed(rules: CompiledRules): string {
  const names = rules.subcommands
    ? [...rules.subcommands].filter(([, inner]) => inner.effect !== 'deny').map(([name]) => name)
    : optionNames(rules);
  if (names.length === 0) return 'Allowed: no options.';
  const shown = names.slice(0, MAX_NAMES).join(', ');
  return `Allowed: ${shown}${names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : ''}.`;
}

/** All that a program may be started with, for people and models; one line for each subcommand. */
export function explainRules(rules: CompiledRules): string {
  if (rules.alternatives) return rules.alternatives.map((inner) => explainRules(inner)).join('\n');
  const { effect, reason } = rules;
  if (effect === 'deny' && !rules.subcommands)
    return `${rules.label}: not allowed${reason === undefined ? '' : ` because it ${reason}`}`;
  const parts = [
    ...optionNames(rules),
    ...rules.operands.map(({ shape, repeats }) => `<${shapeName(shape)}>${repeats ? '…' : ''}`),
  ];
  if (rules.afterDashes)
    parts.push(
      '--',
      ...rules.afterDashes.map(({ shape, repeats }) => `<${shapeName(shape)}>${repeats ? '…' : ''}`),
    );
  if (rules.rules.runs) parts.push(`(${rules.rules.runs.join('|')}) …`);
  const own = `${rules.label}${effect === 'ask' ? ' (asks first)' : ''}: ${parts.join(' ') || 'no arguments'}`;
  const inner = [...(rules.subcommands?.values() ?? [])].map((subcommand) => explainRules(subcommand));
  return [own, ...inner].join('\n');
}

function optionNames(rules: CompiledRules): string[] {
  const specs = new Set(rules.table.known.values());
  const names = [...specs].map(({ names: all, value, isOptional }) => {
    const longest = all.join('/');
    if (!value) return longest;
    return isOptional ? `${longest}[=${shapeName(value)}]` : `${longest} ${shapeName(value)}`;
  });
  if (rules.rules.counts) names.unshift('-5');
  return names.concat(...rules.literals);
}
